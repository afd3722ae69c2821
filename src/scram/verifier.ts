import { decodeBase64 } from './base64.ts';
import { deriveKeys, isIterationCount, isSaltLength, KEY_LENGTH, type ScramKeys, sha256 } from './keys.ts';

/** PostgreSQL's `scram_iterations`, and the least that RFC 7677 (section 4) recommends. */
export const DEFAULT_ITERATIONS = 4096;

/** Bytes of the salts that PostgreSQL makes (SCRAM_DEFAULT_SALT_LEN), and of ours, mock ones too. */
export const SALT_LENGTH = 16;

/**
 * `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (PostgreSQL manual, pg_authid). In base64 the longest
 * salt has 344 characters and a key 44, so that a verifier stays within PostgreSQL's limit of 512.
 */
const VERIFIER = /^SCRAM-SHA-256\$([1-9]\d{0,6}):([^$:]{4,344})\$([^$:]{44}):([^$:]{44})$/;

/**
 * What a server keeps of a password (RFC 5802, section 3). A secret too: with one observed login it yields the
 * ClientKey (section 9), and the ServerKey alone lets its holder pose as the server.
 */
export interface Verifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/**
 * Reads PostgreSQL's text form. `undefined` for anything that PostgreSQL itself would not have written: keys of
 * 32 bytes, 1 to 256 bytes of salt, at most 1,000,000 iterations without leading zero, canonical base64.
 */
export function parseVerifier(text: string): Verifier | undefined {
  const [iterations, ...encoded] = VERIFIER.exec(text)?.slice(1) ?? [];
  const [salt, storedKey, serverKey] = encoded.map(decodeBase64);
  if (salt === undefined || !isSaltLength(salt.length) || !isIterationCount(Number(iterations)))
    return undefined;
  if (storedKey?.length !== KEY_LENGTH || serverKey?.length !== KEY_LENGTH) return undefined;
  return { iterations: Number(iterations), salt, storedKey, serverKey };
}

/** PostgreSQL's text form, as `pg_authid.rolpassword` holds it. */
export function formatVerifier(verifier: Verifier): string {
  const [salt, storedKey, serverKey] = [verifier.salt, verifier.storedKey, verifier.serverKey].map((bytes) =>
    bytes.toString('base64'),
  );
  return `SCRAM-SHA-256$${verifier.iterations}:${salt}$${storedKey}:${serverKey}`;
}

/**
 * Makes the verifier of a password; PBKDF2 runs off the event loop.
 *
 * @param salt fresh random bytes, {@link SALT_LENGTH} of them.
 * @throws RangeError where salt or iterations are out of bounds.
 */
export async function makeVerifier(password: string, salt: Buffer, iterations: number): Promise<Verifier> {
  return verifierOf(await deriveKeys(password, salt, iterations), salt, iterations);
}

/** The verifier whose password gave these keys with this salt and count. */
export function verifierOf(keys: ScramKeys, salt: Buffer, iterations: number): Verifier {
  return { iterations, salt, storedKey: sha256(keys.clientKey), serverKey: keys.serverKey };
}
