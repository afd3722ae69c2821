import type { Address } from '../allowlist/address.ts';

/** Where a login goes: a branch, or an endpoint that no branch has, which must count alike. */
export interface Place {
  readonly kind: 'branch' | 'endpoint';
  readonly name: string;
}

/** A login, by what can be told before its password is looked at. Neither place nor role need exist. */
export interface LoginAttempt {
  readonly address: Address;
  readonly place: Place;
  readonly role: string;
}

/** `retryAfterSeconds` is a whole number of at least 1. */
export type Verdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retryAfterSeconds: number };

export const ALLOWED: Verdict = { allowed: true };

/** @param seconds what each dimension asks to wait; 0 where it has nothing against the attempt. */
export function verdictOf(seconds: readonly number[]): Verdict {
  const retryAfterSeconds = Math.max(0, ...seconds);
  return retryAfterSeconds === 0 ? ALLOWED : { allowed: false, retryAfterSeconds };
}
