/** What somebody who guesses at a password would know and try first. Each may be missing. */
export interface PasswordContext {
  readonly user?: string | undefined;
  readonly database?: string | undefined;
  readonly branch?: string | undefined;
  readonly host?: string | undefined;
  readonly project?: string | undefined;
}

/**
 * A password's strength. Neither text holds any part of the password.
 *
 * `strong` and `bits >= the bits asked for` are one and the same.
 */
export interface Rating {
  /** Whole bits: log2 of the guesses it takes. 0 where the password cannot be rated (its length, its characters). */
  readonly bits: number;
  readonly verdict: 'strong' | 'weak';
  /** What decided, to stand behind "password is too weak:". */
  readonly why: string;
  /** The mend, of a weak one. */
  readonly suggestion: string | undefined;
}

/** Where nobody can tell how strong a password is, it is weak: no caller can forget to refuse it. */
export function unrated(why: string, suggestion: string): Rating {
  return { bits: 0, verdict: 'weak', why, suggestion };
}
