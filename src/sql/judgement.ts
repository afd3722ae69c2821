import { isAscii } from 'node:buffer';
import type { Rating } from '../passwords/rating.ts';
import type { ErrorFields } from '../wire/error-response.ts';
import {
  hashed,
  inOtherEncoding,
  keptHere,
  notAlone,
  readsInTwoWays,
  tooMany,
  tooWeak,
  unchecked,
  unparsed,
} from './objections.ts';
import type { PasswordStatement, Reading } from './reading.ts';
import { guessable, storedAs } from './stored-password.ts';

/** Each takes a rating of some 20 ms, and the session waits meanwhile. */
export const MAX_PASSWORDS = 100;

/** What SQL may say about passwords on a branch. */
export interface PasswordRules {
  /** Whole bits of the weakest password that may be set. */
  readonly minBits: number;
  /** Whether a hash is let through, of whose password nobody knows the strength. */
  readonly prehashed: 'refuse' | 'allow';
}

/** Whom judging asks. Neither rejects: what cannot be read or rated is refused. */
export interface Assessors {
  readonly read: (text: Buffer) => Promise<Reading>;
  /** @param role undefined: the one that is logged in. */
  readonly rate: (password: string, role: string | undefined) => Promise<Rating>;
  /** Whether the gateway itself keeps what this role's password is checked by. */
  readonly keeps: (role: string | undefined) => boolean;
}

/** A text as it came. */
export interface SqlText {
  /** Without its NUL. */
  readonly bytes: Buffer;
  /** client_encoding as the upstream has told it last; undefined: it has not. */
  readonly encoding: string | undefined;
  /** Whether everything before it was answered, so that the encoding cannot be another by now. */
  readonly alone: boolean;
}

/** A part of a text that must not take effect, or all of it. */
export interface Objection {
  readonly kind: PasswordStatement['kind'];
  readonly start: number;
  readonly end: number;
  /** What the client is told. */
  readonly fields: ErrorFields;
}

/**
 * Judges a text that could set a password. Where one statement of it is refused, those behind it that set one are not
 * rated any more but refused with it: PostgreSQL never comes to them.
 * @returns what must not take effect, in the text's order; nothing where all of it may.
 */
export async function judge(
  text: SqlText,
  rules: PasswordRules,
  assessors: Assessors,
): Promise<readonly Objection[]> {
  const { bytes, encoding } = text;
  const whole = (fields: ErrorFields): Objection[] => [
    { kind: 'alter', start: 0, end: bytes.length, fields },
  ];
  const isUtf8 = encoding?.toUpperCase() === 'UTF8';
  // In some encodings a letter's second byte is a backslash, so nobody can say where a literal ends.
  if (!isUtf8 && !isAscii(bytes)) return whole(inOtherEncoding(encoding));
  const reading = await assessors.read(bytes);
  if (reading.kind === 'unreadable') return whole(explained(reading.why));
  const { statements } = reading;
  if (statements.length === 0) return [];
  if (!isUtf8) return whole(inOtherEncoding(encoding));
  if (!text.alone && !isAscii(bytes)) return whole(notAlone());
  const passwords = statements.reduce((sum, each) => sum + each.passwords.length, 0);
  if (passwords > MAX_PASSWORDS) return whole(tooMany(MAX_PASSWORDS));
  return await judgeEach(statements, rules, assessors);
}

async function judgeEach(
  statements: readonly PasswordStatement[],
  rules: PasswordRules,
  assessors: Assessors,
): Promise<readonly Objection[]> {
  for (const [i, statement] of statements.entries()) {
    const fields = await judgeOne(statement, rules, assessors);
    if (fields !== undefined) return statements.slice(i).map((each) => ({ ...placeOf(each), fields }));
  }
  return [];
}

async function judgeOne(
  { role, passwords }: PasswordStatement,
  { minBits, prehashed }: PasswordRules,
  { keeps, rate }: Assessors,
): Promise<ErrorFields | undefined> {
  if (keeps(role)) return keptHere(role);
  for (const password of passwords) {
    if (password === null) continue;
    const stored = storedAs(password);
    if (stored === 'hash' && prehashed === 'allow') continue;
    if (stored !== 'password') return hashed();
    const rating = await rate(guessable(password), role);
    if (rating.verdict !== 'strong' || rating.bits < minBits) return tooWeak(rating, minBits);
  }
  return undefined;
}

function placeOf({ kind, start, end }: PasswordStatement): Omit<Objection, 'fields'> {
  return { kind, start, end };
}

function explained(why: Extract<Reading, { kind: 'unreadable' }>['why']): ErrorFields {
  switch (why) {
    case 'syntax':
      return unparsed();
    case 'strings':
      return readsInTwoWays();
    case 'bytes':
      return inOtherEncoding('other than UTF8');
    case 'trouble':
      return unchecked();
  }
}
