import type { Rating } from '../passwords/rating.ts';
import type { ErrorFields } from '../wire/error-response.ts';
import { SQLSTATE } from '../wire/sqlstate.ts';

/** Every text in which a statement about a password is refused: what the client reads. None holds any part of it. */

const RESET = 'an operator can set one with `portcullis roles reset-password`';

function objection(message: string, hint: string, detail?: string): ErrorFields {
  return { severity: 'ERROR', sqlstate: SQLSTATE.invalidParameterValue, message, detail, hint };
}

export function tooWeak({ bits, why, suggestion }: Rating, minBits: number): ErrorFields {
  const message = `password is too weak: ${bits} bits, at least ${minBits} needed`;
  return objection(message, asSentence(suggestion ?? 'use a longer one'), asSentence(why));
}

/** Also what psql's \password meets. */
export function hashed(): ErrorFields {
  const message = 'a password that is hashed already is not accepted here: its strength cannot be checked';
  return objection(message, `Send the password itself over this connection, or ${RESET}.`);
}

/** @param role undefined: whoever runs the statement. */
export function keptHere(role: string | undefined): ErrorFields {
  const whose = role === undefined ? 'of this role' : `of role "${role}"`;
  const message = `the password ${whose} cannot be changed in SQL: the gateway keeps what it is checked by`;
  return objection(message, `Name the role if it is another one; ${RESET}.`);
}

export function unparsed(): ErrorFields {
  const message = 'a statement that seems to set a password could not be parsed';
  return objection(message, 'Send CREATE ROLE or ALTER ROLE by itself, in plain words.');
}

export function readsInTwoWays(): ErrorFields {
  const message = 'a password is written so that it depends on standard_conforming_strings';
  return objection(message, "Write literals with backslashes as E'...', with each backslash doubled.");
}

/** @param encoding the client's, as far as it is known. */
export function inOtherEncoding(encoding: string | undefined): ErrorFields {
  const message = `a password cannot be checked in client_encoding ${encoding ?? '(unknown)'}`;
  return objection(message, "SET client_encoding = 'UTF8' first.");
}

export function notAlone(): ErrorFields {
  const message = 'a password with letters outside ASCII cannot be checked within a pipeline';
  return objection(message, 'Send the statement once everything before it was answered.');
}

export function tooLarge(): ErrorFields {
  const message = 'a statement that could set a password is too large to be checked';
  return objection(message, 'Send CREATE ROLE or ALTER ROLE by itself.');
}

export function tooMany(most: number): ErrorFields {
  const message = `more than ${most} passwords in one message cannot be checked`;
  return objection(message, 'Send them in several messages.');
}

/** The checker failed, or too much waits for it. */
export function unchecked(): ErrorFields {
  return objection('a statement that could set a password could not be checked', 'Try again.');
}

function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
