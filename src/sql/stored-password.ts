import { parseVerifier } from '../scram/verifier.ts';

/** `md5` and 32 hex digits (MD5_PASSWD_LEN, src/include/common/md5.h). */
const MD5 = /^md5[0-9a-f]{32}$/;
/** Older versions look at the length alone. */
const MAYBE_MD5 = /^md5/;
const MD5_LENGTH = 35;
/**
 * What parse_scram_secret (src/backend/libpq/auth-scram.c) could take for a verifier. It cuts by strtok, to which `$$`
 * may be as good as `$`, counts by strtol and passes over white space in base64. 43 characters: 32 bytes without their
 * padding.
 */
const MAYBE_SCRAM =
  /^\$*SCRAM-SHA-256\$:*\s*[+-]?\d+:\$*[A-Za-z0-9+/=\s]+\$:*[A-Za-z0-9+/=\s]{43,}:[A-Za-z0-9+/=\s]{43,}$/;

/** Anybody who guesses at a malformed verifier begins with this. */
const KNOWN_BEGINNING = /^\$*SCRAM-SHA-256\$/;

/** What there is to guess of a password that is stored as one. */
export function guessable(password: string): string {
  return password.replace(KNOWN_BEGINNING, '');
}

/**
 * What PostgreSQL stores for the literal behind PASSWORD (get_password_type, src/backend/libpq/crypt.c): a hash as it
 * is, anything else as the password that it is. `maybe-hash`: that depends on the version and its leniency.
 */
export function storedAs(literal: string): 'password' | 'hash' | 'maybe-hash' {
  if (MD5.test(literal) || parseVerifier(literal) !== undefined) return 'hash';
  if (MAYBE_MD5.test(literal) && Buffer.byteLength(literal) === MD5_LENGTH) return 'maybe-hash';
  return MAYBE_SCRAM.test(literal) ? 'maybe-hash' : 'password';
}
