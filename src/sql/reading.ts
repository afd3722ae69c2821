/** A statement that sets, or clears, a role's password. */
export interface PasswordStatement {
  readonly kind: 'create' | 'alter';
  /** Undefined: whoever runs it (CURRENT_USER and its like). */
  readonly role: string | undefined;
  /** As PostgreSQL reads them, `null` for PASSWORD NULL. More than one is an error upstream. */
  readonly passwords: readonly (string | null)[];
  /** Where the whole statement stands in the text, in bytes; the text may have others around it. */
  readonly start: number;
  readonly end: number;
}

/**
 * What a text says about passwords. It may be `unreadable`: `syntax`, it looks as if it set one and cannot be parsed;
 * `strings`, it says another thing with standard_conforming_strings off; `bytes`, it is no UTF-8; `trouble`, whoever
 * should have read it failed.
 */
export type Reading =
  | { readonly kind: 'read'; readonly statements: readonly PasswordStatement[] }
  | { readonly kind: 'unreadable'; readonly why: 'syntax' | 'strings' | 'bytes' | 'trouble' };
