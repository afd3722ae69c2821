import { hmac } from './keys.ts';
import { SALT_LENGTH, type Verifier } from './verifier.ts';

/** Bytes; the strength of the HMAC itself. */
const MIN_SECRET_LENGTH = 32;

/**
 * The verifier of a name that does not exist, so that a login with it goes through the same motions as any other
 * and ends in a wrong proof (PostgreSQL's `mock_scram_secret` in src/backend/libpq/auth-scram.c).
 *
 * The salt is the same on every try, where a fresh one would tell that the name is unknown. Nobody knows a
 * ClientKey whose hash is this StoredKey, the holder of the secret included. No PBKDF2, hence as fast as a look-up.
 *
 * @param secret at least {@link MIN_SECRET_LENGTH} random bytes, the same after a restart and in every worker.
 * @param name what was asked for, branch and role together.
 * @param iterations what the branch's known roles announce.
 * @throws RangeError where the secret is shorter: who guesses it can tell mock salts from real ones.
 */
export function mockVerifier(secret: Buffer, name: string, iterations: number): Verifier {
  if (secret.length < MIN_SECRET_LENGTH)
    throw new RangeError(`a secret has at least ${MIN_SECRET_LENGTH} bytes`);
  return {
    iterations,
    salt: hmac(secret, `salt\0${name}`).subarray(0, SALT_LENGTH),
    storedKey: hmac(secret, `stored key\0${name}`),
    serverKey: hmac(secret, `server key\0${name}`),
  };
}
