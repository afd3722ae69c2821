import { equal, ok } from 'node:assert/strict';
import { formatVerifier, parseVerifier } from '../../../src/scram/verifier.ts';
import type { Target } from '../target.ts';

const MOST_ITERATIONS = 1_000_000;
/** pg_authid.rolpassword is cut there (src/include/libpq/crypt.h, MAX_ENCRYPTED_PASSWORD_LEN). */
const POSTGRES_LIMIT = 512;

/** A verifier as `pg_authid` or a catalog gives it. */
export const verifier: Target = {
  maxLength: 2000,
  floorMs: 50,
  run(input) {
    const text = input.toString('utf8');
    const parsed = parseVerifier(text);
    equal(parsed !== undefined, isVerifier(text));
    if (parsed === undefined) return;
    equal(formatVerifier(parsed), text);
    ok(text.length <= POSTGRES_LIMIT);
  },
};

/** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (PostgreSQL manual, pg_authid), field by field. */
function isVerifier(text: string): boolean {
  const [scheme, parameters = '', keys = '', ...more] = text.split('$');
  const [iterations = '', salt = '', ...moreParameters] = parameters.split(':');
  const [storedKey = '', serverKey = '', ...moreKeys] = keys.split(':');
  return (
    scheme === 'SCRAM-SHA-256' &&
    [...more, ...moreParameters, ...moreKeys].length === 0 &&
    String(Number(iterations)) === iterations &&
    /^[0-9]+$/.test(iterations) &&
    Number(iterations) >= 1 &&
    Number(iterations) <= MOST_ITERATIONS &&
    bytesIn(salt) >= 1 &&
    bytesIn(salt) <= 256 &&
    bytesIn(storedKey) === 32 &&
    bytesIn(serverKey) === 32
  );
}

/** How many bytes a text of canonical base64 stands for; NaN where it is none. */
function bytesIn(text: string): number {
  try {
    const binary = atob(text);
    return btoa(binary) === text ? binary.length : Number.NaN;
  } catch {
    return Number.NaN;
  }
}
