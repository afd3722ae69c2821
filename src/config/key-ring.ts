import { createSecretKey, type KeyObject } from 'node:crypto';

/** AES-256. */
export const KEY_BYTES = 32;

/** A key for sealed secrets. A KeyObject does not print its bytes. */
export interface SealingKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** The first seals; all of them open. */
export interface KeyRing {
  readonly current: SealingKey;
  readonly all: ReadonlyMap<string, SealingKey>;
}

/** An id goes into sealed texts between colons. */
const KEY_LINE = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):([A-Za-z0-9+/]{43}=)$/;
const WANTED = `id:base64 of ${KEY_BYTES} bytes`;

/** Reads a key file: a line `id:base64` for each key, the current one first. Messages never quote a line. */
export function parseKeyRing(text: string): { readonly ring: KeyRing } | { readonly problem: string } {
  const all = new Map<string, SealingKey>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [, id, encoded] = KEY_LINE.exec(line.trim()) ?? [];
    if (id === undefined || encoded === undefined) {
      return { problem: `line ${index + 1} of the key file is not ${WANTED}` };
    }
    if (all.has(id)) return { problem: `line ${index + 1} of the key file repeats the id ${id}: remove one` };
    all.set(id, { id, key: createSecretKey(encoded, 'base64') });
  }
  const [current] = all.values();
  if (current === undefined) return { problem: `the key file holds no key: write a line ${WANTED}` };
  return { ring: { current, all } };
}

/** A key file's line. @param bytes 32 random bytes. */
export function formatKeyLine(id: string, bytes: Buffer): string {
  return `${id}:${bytes.toString('base64')}\n`;
}

/** A ring of one key. @param bytes as in `formatKeyLine`. */
export function singleKey(id: string, bytes: Buffer): KeyRing {
  const current = { id, key: createSecretKey(bytes) };
  return { current, all: new Map([[id, current]]) };
}
