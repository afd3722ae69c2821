import { deriveKeys, type ScramKeys } from './keys.ts';
import type { Verifier } from './verifier.ts';

/** Key pairs that a password keeps; an upstream has one salt a role, and another after a password change. */
const MAX_CACHED_KEYS = 4;

/** What logs in at a server, once that has named salt and count. `undefined`: nothing that fits them. */
export interface Credentials {
  /** Why nothing fits, and the mend, for our log; left out where there is no more to say. */
  readonly unfit?: string;
  keysFor(salt: Buffer, iterations: number): Promise<ScramKeys | undefined>;
}

/**
 * Keys as they are, without PBKDF2: ClientKey passthrough and sealed SCRAM keys.
 *
 * @param origin the verifier they belong to, where it is known: an upstream that announces another salt or count
 *   stores another verifier, and that is then found before a login is wasted on it.
 */
export function fixedKeys(
  keys: ScramKeys,
  origin?: Pick<Verifier, 'salt' | 'iterations'>,
  unfit?: string,
): Credentials {
  return {
    ...(unfit !== undefined && { unfit }),
    async keysFor(salt, iterations) {
      const foreign = origin && !(origin.iterations === iterations && origin.salt.equals(salt));
      return foreign ? undefined : keys;
    },
  };
}

/**
 * A password: one PBKDF2 for each salt, not for each login, and a single one for logins at the same time. Keep
 * the object as long as the password, no longer: it holds the keys.
 */
export function passwordKeys(password: string): Credentials {
  const cache = new Map<string, Promise<ScramKeys>>();
  return {
    keysFor(salt, iterations) {
      const name = `${iterations}:${salt.toString('base64')}`;
      const known = cache.get(name);
      if (known !== undefined) return known;
      const keys = deriveKeys(password, salt, iterations);
      cache.set(name, keys);
      for (const oldest of [...cache.keys()].slice(0, -MAX_CACHED_KEYS)) cache.delete(oldest);
      return keys;
    },
  };
}
