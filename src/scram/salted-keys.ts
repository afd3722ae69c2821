import { decodeBase64 } from './base64.ts';
import { isIterationCount, isSaltLength, KEY_LENGTH, type ScramKeys } from './keys.ts';

/** Keys with the salt and the count that a password gave them with. A secret: the ClientKey logs in. */
export interface SaltedKeys extends ScramKeys {
  readonly salt: Buffer;
  readonly iterations: number;
}

/** Lengths as in a verifier's text (verifier.ts). */
const SALTED_KEYS = /^scram-sha-256\$([1-9]\d{0,6}):([^$:]{4,344})\$([^$:]{44}):([^$:]{44})$/;

/**
 * `scram-sha-256$<iterations>:<salt>$<ClientKey>:<ServerKey>`, base64: our own form, in lower case so that nobody
 * takes it for a verifier, which has the StoredKey in the ClientKey's place.
 */
export function formatSaltedKeys({ salt, iterations, clientKey, serverKey }: SaltedKeys): string {
  const [saltText, client, server] = [salt, clientKey, serverKey].map((bytes) => bytes.toString('base64'));
  return `scram-sha-256$${iterations}:${saltText}$${client}:${server}`;
}

/** `undefined` for anything that `formatSaltedKeys` would not have written. */
export function parseSaltedKeys(text: string): SaltedKeys | undefined {
  const [iterations, ...encoded] = SALTED_KEYS.exec(text)?.slice(1) ?? [];
  const [salt, clientKey, serverKey] = encoded.map(decodeBase64);
  if (salt === undefined || !isSaltLength(salt.length) || !isIterationCount(Number(iterations)))
    return undefined;
  if (clientKey?.length !== KEY_LENGTH || serverKey?.length !== KEY_LENGTH) return undefined;
  return { salt, iterations: Number(iterations), clientKey, serverKey };
}
