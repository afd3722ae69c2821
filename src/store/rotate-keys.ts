import { randomBytes } from 'node:crypto';
import { type Document, visit } from 'yaml';
import { formatKeyLine, KEY_BYTES, type KeyRing, parseKeyRing } from '../config/key-ring.ts';
import { isSealed, seal, unseal } from '../config/sealed.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import { type CatalogFileDesk, CatalogNotWritten } from './catalog-desk.ts';
import { readNamedFile, shownPath } from './config-file.ts';

export interface Rotation {
  /** Of the new key. */
  readonly key: string;
  /** Secrets that are sealed with it now. */
  readonly resealed: number;
  /** Keys that are no longer needed, and gone from the file. */
  readonly dropped: readonly string[];
}

const ID_BYTES = 4;

/**
 * A new key for sealed secrets. It goes to the head of the key file first, then everything is sealed with it, and
 * only then the old keys go: whoever is killed in between leaves files that open, and the next rotation ends it.
 * @throws UnusableCatalog where a secret does not open, before anything is changed; CatalogNotWritten.
 */
export async function rotateKeys(desk: CatalogFileDesk, location: CatalogLocation): Promise<Rotation> {
  const { keyFile } = location;
  if (keyFile === undefined)
    throw new CatalogNotWritten('there is no key file: write catalog.key: {file: path} in portcullis.yaml');
  await using _lock = await desk.lock();
  // Every secret opens with the keys that are there, or nothing is begun.
  desk.read();
  const old = keysIn(keyFile);
  const key = `k-${randomBytes(ID_BYTES).toString('hex')}`;
  const line = formatKeyLine(key, randomBytes(KEY_BYTES));
  await desk.write(keyFile, `${line}${old.text}`);
  const { ring } = keysIn(keyFile);
  let resealed = 0;
  await desk.rewrite((document) => {
    resealed = reseal(document, ring);
  });
  await desk.write(keyFile, line);
  return { key, resealed, dropped: [...old.ring.all.keys()] };
}

function keysIn(path: string): { readonly text: string; readonly ring: KeyRing } {
  const read = readNamedFile(path);
  const parsed = 'text' in read ? parseKeyRing(read.text) : read;
  if ('ring' in parsed && 'text' in read) return { text: read.text, ring: parsed.ring };
  const problem = 'problem' in parsed ? parsed.problem : 'cannot be read';
  throw new CatalogNotWritten(`${shownPath(path)}: ${problem}`);
}

/** @returns how many there were. */
function reseal(document: Document, ring: KeyRing): number {
  let count = 0;
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value !== 'string' || !isSealed(scalar.value)) return;
      const opened = unseal(ring, scalar.value);
      // A text that only looks sealed: a project's name may be anything.
      if ('problem' in opened) return;
      scalar.value = seal(ring, opened.text, randomBytes);
      count += 1;
    },
  });
  return count;
}
