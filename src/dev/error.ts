/**
 * What went wrong, for the person at the terminal who can mend it: `message` is one line with the mend in it,
 * and holds no secret.
 */
export class DevError extends Error {
  override readonly name = 'DevError';
}
