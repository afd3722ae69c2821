export const DAY_MS = 86_400_000;

/**
 * The most that Apple's systems accept of any TLS server certificate, private authorities included
 * (support.apple.com/HT210176); drivers that ask the platform would refuse a longer one.
 */
export const MAX_SERVER_DAYS = 825;

/** An authority's ten years: its certificate lies with every client, and a new one must be handed out again. */
export const AUTHORITY_DAYS = 3650;

/** A certificate this close to its end is made anew: time enough to hear of it when that fails. */
export const RENEW_BEFORE_DAYS = 30;

/** Certificates begin a little in the past, for clients whose clock is slow. */
const BACKDATED_MS = 3_600_000;

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * A period of so many days from an hour ago. A second is taken off, because both ends belong to the period
 * (RFC 5280 §4.1.2.5) and Apple counts it so.
 */
export function validityFrom(now: Date, days: number): Validity {
  const begin = now.getTime() - BACKDATED_MS;
  return { notBefore: new Date(begin), notAfter: new Date(begin + days * DAY_MS - 1000) };
}

/** Whole days until a certificate's end; negative when it is past. */
export function daysLeft(notAfter: Date, now: Date): number {
  return Math.floor((notAfter.getTime() - now.getTime()) / DAY_MS);
}

/** Whether a certificate should be made anew. */
export function isDue(notAfter: Date, now: Date): boolean {
  return daysLeft(notAfter, now) < RENEW_BEFORE_DAYS;
}
