import type { PasswordStatement } from './reading.ts';

/** The smallest of the numbers that stand for an objection: ten digits each, and never a limit that somebody means. */
const FIRST = 2 ** 30;
/** Their amount: all fit into PostgreSQL's integers. */
const AMOUNT = 2 ** 30;
const NUMBER = /-(\d{10})(?!\d)/;

const WORDS: Readonly<Record<PasswordStatement['kind'], string>> = {
  create: 'CREATE ROLE portcullis',
  alter: 'ALTER ROLE CURRENT_USER',
};

/** @param random any unsigned integer of 32 bits. */
export function numberFrom(random: number): number {
  return FIRST + (random % AMOUNT);
}

/**
 * A statement that PostgreSQL itself refuses where it would have run the other one, and as it refuses that: with 22023
 * (`invalid connection limit`, src/backend/commands/user.c, before any look at rights or roles), 25006 where the
 * transaction is read-only, 25P02 where it has failed. So whatever comes before and behind it in the session is as
 * PostgreSQL makes it, and the number tells its error from all others.
 */
export function replacementFor(kind: PasswordStatement['kind'], number: number): string {
  return ` ${WORDS[kind]} CONNECTION LIMIT -${number}`;
}

/**
 * Puts replacements for parts of a text.
 * @param parts where they stand, in ascending order. Several that overlap, as in the body of one function, are one.
 */
export function withReplacements(
  text: Buffer,
  parts: readonly Pick<PasswordStatement, 'kind' | 'start' | 'end'>[],
  number: number,
): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { kind, start, end } of parts) {
    if (start < at) continue;
    pieces.push(text.subarray(at, start), Buffer.from(replacementFor(kind, number)));
    at = end;
  }
  return Buffer.concat([...pieces, text.subarray(at)]);
}

/** @returns the number in the message of an error that a replacement may have met. */
export function numberIn(message: string): number | undefined {
  const digits = NUMBER.exec(message)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
