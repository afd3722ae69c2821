import { tokensOf } from './lexer.ts';

/** What stands in the place of a literal that may be a secret. */
export const MASK = "'***'";
/** Bodies within bodies, each a dollar quote with another tag. */
const MAX_DEPTH = 4;

/** Nothing to mask, as in nearly every text: no name of a password, no hash, no URL, nothing escaped. */
const SUSPICIOUS = /passw|:\/\/|scram-sha|md5|u&|\\/i;
/** What names a password: `PASSWORD`, a column, an option of a user mapping. */
const NAME = /passw/i;
/**
 * What a literal says where it is a secret or holds one: a connection string (`password=…`, `postgresql://user:…@host`,
 * manual, 34.1.1), SQL that sets a password, or a hash as pg_authid has it.
 */
const SECRET = /passw|:\/\/[^/\s]*:[^/\s]*@|scram-sha-256\$|md5[0-9a-f]{32}/i;
/** The same where SQL may name a password and say none: what is no SQL may still be a connection string. */
const SECRET_OUTSIDE = /passw\w*\s*=\s*[^\s']|:\/\/[^/\s]*:[^/\s]*@|scram-sha-256\$|md5[0-9a-f]{32}/i;
const NUMERIC_ESCAPE = /\\(?:x([0-9a-f]{1,2})|([0-7]{1,3})|u([0-9a-f]{4})|U([0-9a-f]{8}))/gi;
const DOLLAR_QUOTED = /^(\$[^$]*\$)(.*)\1$/s;

/** A text that may be shown, and whether anything of it was left out. */
export interface Masked {
  readonly text: string;
  readonly isMasked: boolean;
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly shown: string;
}

/**
 * Leaves out of a statement every literal that may be a secret, by its words alone, so also where it cannot be parsed:
 * those behind a name that holds `passw`, up to the statement's end; those that hold a connection string, a hash, or a
 * password's name themselves; those written with `U&`. It rather masks too much. Comments stay.
 * @param text bytes as latin1; it may be only the beginning of a statement.
 */
export function withoutSecrets(text: string): Masked {
  return masked(text, 0);
}

/** Whether a value by itself looks like a secret, or holds one. */
export function holdsSecret(value: string): boolean {
  return SECRET.test(value);
}

function masked(text: string, depth: number): Masked {
  if (!SUSPICIOUS.test(text)) return { text, isMasked: false };
  // Which setting of standard_conforming_strings counts is not known: what is a literal by either is one.
  const spans = text.includes('\\')
    ? [...spansOf(text, true, depth), ...spansOf(text, false, depth)].toSorted((a, b) => a.start - b.start)
    : spansOf(text, true, depth);
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, shown } of spans) {
    if (start >= at) parts.push(text.slice(at, start), shown);
    at = Math.max(at, end);
  }
  return { text: parts.join('') + text.slice(at), isMasked: spans.length > 0 };
}

function spansOf(text: string, conforming: boolean, depth: number): Span[] {
  const spans: Span[] = [];
  let isNamed = false;
  for (const { start, end } of tokensOf(text, conforming)) {
    const token = text.slice(start, end);
    if (token === ';') isNamed = false;
    else if (isLiteral(token)) {
      const shown = isNamed ? MASK : literalWithoutSecrets(token, depth);
      if (shown !== token) spans.push({ start, end, shown });
    } else if (NAME.test(token) || /^u&"/i.test(token)) isNamed = true;
  }
  return spans;
}

/** `'…'` with or without a prefix, or `$…$`; not terminated where the text was cut. A parameter, `$1`, is a `$` alone. */
function isLiteral(token: string): boolean {
  return /^(?:[ebx]|u&|)'/i.test(token) || (token.length > 1 && token.startsWith('$'));
}

function literalWithoutSecrets(literal: string, depth: number): string {
  // Any character may be the escape of U&'…' (UESCAPE).
  if (/^u&/i.test(literal)) return MASK;
  if (literal.startsWith('$')) return bodyWithoutSecrets(literal, depth);
  const said = literal.includes('\\') ? literal.replace(NUMERIC_ESCAPE, unescaped) : literal;
  return SECRET.test(said) ? MASK : literal;
}

/** A function's body is SQL of its own. */
function bodyWithoutSecrets(literal: string, depth: number): string {
  const [, tag, body] = DOLLAR_QUOTED.exec(literal) ?? [];
  if (tag === undefined || body === undefined || depth === MAX_DEPTH)
    return SECRET.test(literal) ? MASK : literal;
  const { text, isMasked } = masked(body, depth + 1);
  if (SECRET_OUTSIDE.test(text)) return MASK;
  return isMasked ? tag + text + tag : literal;
}

function unescaped(_: string, x: string, octal: string, short: string, long: string): string {
  const code = octal === undefined ? Number.parseInt(x ?? short ?? long, 16) : Number.parseInt(octal, 8);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
