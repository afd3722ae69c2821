import {
  LEFT_TO_RIGHT,
  MAPPED_TO_NOTHING,
  NON_ASCII_SPACES,
  PROHIBITED_OR_UNASSIGNED,
  RIGHT_TO_LEFT,
  RIGHT_TO_LEFT_ENDS,
} from './stringprep.ts';

/**
 * Prepares a password for SCRAM exactly as PostgreSQL and libpq do (`pg_saslprep` in src/common/saslprep.c):
 * SASLprep (RFC 4013), and the password as it is where SASLprep would refuse it.
 *
 * PostgreSQL judges the text before it is normalized, RFC 3454 (section 2) and the npm package saslprep after.
 * The two disagree on hundreds of code points (`ᴬ`, `ℵ`, `🄰`) and on right-to-left text that ends in a combining
 * mark; a verifier made by the letter of the RFC would not let libpq in. Hence these steps of our own.
 *
 * A password should hold no NUL: PostgreSQL's would end there, and HMAC cannot tell trailing ones from none.
 */
export function preparePassword(password: string): string {
  const mapped = password.replace(NON_ASCII_SPACES, ' ').replace(MAPPED_TO_NOTHING, '');
  const refused = mapped === '' || PROHIBITED_OR_UNASSIGNED.test(mapped) || breaksBidiRule(mapped);
  return refused ? password : mapped.normalize('NFKC');
}

/** RFC 3454, section 6: a right-to-left character tolerates no left-to-right one and must stand at both ends. */
function breaksBidiRule(text: string): boolean {
  return RIGHT_TO_LEFT.test(text) && (LEFT_TO_RIGHT.test(text) || !RIGHT_TO_LEFT_ENDS.test(text));
}
