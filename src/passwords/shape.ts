import { type Rating, unrated } from './rating.ts';

/**
 * Characters (code points) of a password, as typed and as prepared. NIST SP 800-63B-4, section 3.1.1.2, asks for 15
 * where a password is all there is and for room for 64; below 12 no guess at its entropy is worth much, and a
 * longer one than 128 only costs time.
 */
export const MIN_LENGTH = 12;
export const MAX_LENGTH = 128;

/** A character is at most two UTF-16 units. */
const MAX_UNITS = 2 * MAX_LENGTH;

/** Nobody types one on purpose; NUL ends a password in PostgreSQL, a line break ends it in most files. */
const CONTROL = /\p{Cc}/u;

/**
 * What is wrong with a password before anyone asks how strong it is; the cost is bounded whatever comes.
 * @param prepared the same password as SCRAM takes it, asked for only once the typed one has passed.
 */
export function misshapen(typed: string, prepared: () => string): Rating | undefined {
  if (typed.length > MAX_UNITS || lengthOf(typed) > MAX_LENGTH) return tooLong();
  if (!typed.isWellFormed()) return unrated('it is not valid Unicode', 'type it again');
  if (CONTROL.test(typed))
    return unrated('it holds a control character', 'leave out NUL, tabs and line breaks');
  const length = Math.min(lengthOf(typed), lengthOf(prepared()));
  if (length < MIN_LENGTH) return unrated(`it is shorter than ${MIN_LENGTH} characters`, generateOne());
  return lengthOf(prepared()) > MAX_LENGTH ? tooLong() : undefined;
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

function tooLong(): Rating {
  return unrated(`it is longer than ${MAX_LENGTH} characters`, `keep to ${MAX_LENGTH} characters`);
}

export function generateOne(): string {
  return 'take one from "portcullis password generate"';
}
