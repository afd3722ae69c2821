import { createHash, createHmac, createSecretKey, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { atMost } from './limiter.ts';
import { preparePassword } from './saslprep.ts';

/** Bytes of SHA-256 and so of every key, proof and signature. */
export const KEY_LENGTH = 32;

/**
 * The most rounds that we take part in: well over OWASP's 600,000 for PBKDF2-HMAC-SHA256, and under a second of
 * one core. PostgreSQL allows 2^31 - 1, which a hostile upstream turns into a stall (pgbouncer CVE-2026-6669).
 */
export const MAX_ITERATIONS = 1_000_000;

/** Bytes. PostgreSQL makes 16; a verifier with this many still fits its limit of 512 bytes. */
export const MAX_SALT_LENGTH = 256;

/**
 * Derivations under way at a time. libuv's pool has four threads, which DNS and the audit trail's fsync need too:
 * upstreams that ask for {@link MAX_ITERATIONS} may fill half of it.
 */
const MAX_DERIVATIONS = 2;

/** What logs in (ClientKey) and what the server proves itself with (ServerKey): RFC 5802, section 3. Secrets. */
export interface ScramKeys {
  readonly clientKey: Buffer;
  readonly serverKey: Buffer;
}

const pbkdf2Async = promisify(pbkdf2);
const limited = atMost(MAX_DERIVATIONS);

/**
 * PBKDF2 of the password, off the event loop: 4,096 rounds are a few milliseconds of one core.
 *
 * @throws RangeError where salt or iterations are outside of {@link MAX_SALT_LENGTH}, {@link MAX_ITERATIONS};
 *   what comes from outside is checked before.
 */
export async function deriveKeys(password: string, salt: Buffer, iterations: number): Promise<ScramKeys> {
  if (!isSaltLength(salt.length)) throw new RangeError(`a salt has 1 to ${MAX_SALT_LENGTH} bytes`);
  if (!isIterationCount(iterations)) throw new RangeError(`iterations are 1 to ${MAX_ITERATIONS}`);
  const prepared = preparePassword(password);
  const salted = await limited(() => pbkdf2Async(prepared, salt, iterations, KEY_LENGTH, 'sha256'));
  return { clientKey: hmac(salted, 'Client Key'), serverKey: hmac(salted, 'Server Key') };
}

export function isSaltLength(bytes: number): boolean {
  return bytes >= 1 && bytes <= MAX_SALT_LENGTH;
}

export function isIterationCount(iterations: number): boolean {
  return Number.isInteger(iterations) && iterations >= 1 && iterations <= MAX_ITERATIONS;
}

/**
 * `HMAC(key, str)` of RFC 5802, section 2.2, with SHA-256; text counts as UTF-8.
 *
 * By way of a KeyObject: Node 24 finds out that a Buffer is none by an exception with a stack trace, which makes
 * 10 µs of 2.5, seven times a login.
 */
export function hmac(key: Buffer, data: string): Buffer {
  return createHmac('sha256', createSecretKey(key)).update(data).digest();
}

/** `H(str)` of RFC 5802, section 2.2, with SHA-256. */
export function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

/** Two texts of equal length, byte by byte. */
export function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ right.readUInt8(index)));
}
