import { z } from 'zod';
import { checkWritten } from '../allowlist/written.ts';
import { MAX_NAME_BYTES } from '../wire/limits.ts';
import { type DurationBounds, NOT_A_DURATION, parseDuration } from './durations.ts';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';
import { quoted } from './problem.ts';
import { NOT_A_SIZE, parseSize, type SizeBounds } from './sizes.ts';
import { unknownWord } from './suggestion.ts';

/**
 * The building blocks of both schemas. A message that begins with `must` goes on from the key's path; any
 * other stands for itself. `unrecognized_keys` gives one line for each key, in their order.
 */

const CONTROL_CHARACTER = /\p{Cc}/u;
/** Far beyond any path or host name; keeps a message and an error log short. */
const MAX_TEXT = 4096;

/** An object with these keys and no other. */
export function keys<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownWord('key', key, known)).join('\n')
        : `must be a mapping with some of the keys ${known.join(', ')}`,
  });
}

export function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: 'must be a list' });
}

/** One line of text, not empty. */
export function text(error = 'must be text: put it in quotes where it looks like a number') {
  return z
    .string({ error })
    .min(1, { error: 'must not be empty' })
    .max(MAX_TEXT, { error: `must have at most ${MAX_TEXT} characters` })
    .refine((value) => !CONTROL_CHARACTER.test(value), { error: 'must not hold control characters' });
}

export function flag() {
  return z.boolean({ error: 'must be true or false' });
}

export function integer(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A whole number that may also come from `"${NAME}"`, which gives text. */
export function integerOrText(min: number, max: number) {
  const digits = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(integer(min, max));
  return z.union([integer(min, max), digits], { error: `must be a whole number from ${min} to ${max}` });
}

export function oneOf<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: `must be one of ${words.join(', ')}` });
}

/** Text read by a parser of ours; its `problem` becomes the message. */
export function parsed<T>(
  read: (text: string) => { readonly value: T } | { readonly problem: string },
  error?: string,
) {
  return text(error).transform((written, context): T => {
    const result = read(written);
    if ('value' in result) return result.value;
    context.addIssue({ code: 'custom', message: result.problem });
    return z.NEVER;
  });
}

/** @returns milliseconds. */
export function duration(bounds: DurationBounds) {
  return parsed((written) => {
    const result = parseDuration(written, bounds);
    return 'ms' in result ? { value: result.ms } : result;
  }, NOT_A_DURATION);
}

/** RFC 3339, section 5.6; the seconds may be 60 there, which no clock here knows. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;
const NOT_AN_INSTANT = 'must be a time as 2026-11-23T18:04:05Z';

/** @returns Unix time in ms. */
export function instant() {
  return parsed((written) => {
    const value = INSTANT.test(written) ? Date.parse(written) : Number.NaN;
    return Number.isNaN(value) ? { problem: NOT_AN_INSTANT } : { value };
  }, NOT_AN_INSTANT);
}

/** @returns bytes. */
export function size(bounds: SizeBounds) {
  return parsed((written) => {
    const result = parseSize(written, bounds);
    return 'bytes' in result ? { value: result.bytes } : result;
  }, NOT_A_SIZE);
}

/** An entry of an allowlist, kept as it is written. */
export function allowlistEntry() {
  return parsed((written) => {
    const [problem] = checkWritten(written);
    return problem === undefined ? { value: written } : { problem };
  });
}

export function listenAddress() {
  return parsed((written): { value: ListenAddress } | { problem: string } => {
    const result = parseListenAddress(written);
    return 'problem' in result ? result : { value: result };
  });
}

/** A name that PostgreSQL keeps whole: longer ones it would cut short, into somebody else's. */
export function postgresName(what: string) {
  return parsed((name) =>
    Buffer.byteLength(name) <= MAX_NAME_BYTES
      ? { value: name }
      : {
          problem: `${what} ${quoted(name)} is longer than ${MAX_NAME_BYTES} bytes: PostgreSQL would cut it short`,
        },
  );
}

export function matching(pattern: RegExp, problem: string) {
  return text().regex(pattern, { error: problem });
}
