/** A word, a plain `'…'` literal, or anything else that is not white space or a comment. Offsets in bytes. */
export interface Token {
  readonly kind: 'word' | 'plain' | 'other';
  readonly start: number;
  /** Behind its last byte; the text's end where it is not terminated. */
  readonly end: number;
}

/** White space and comments; `--` and `/*` begin one also within an operator. */
const SPACE = /(?:[ \t\n\r\f\v]+|--[^\n\r]*)/y;
const COMMENT_EDGE = /\/\*|\*\//g;
const WORD = /[A-Za-z_\x80-\xff][\w$\x80-\xff]*/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$/y;
/** What joins two literals into one: white space with a newline in it, `--` comments included (manual, 4.1.2.1). */
const CONTINUED = /(?:[ \t\f\v]|--[^\n\r]*(?=[\n\r]))*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'/y;

/** How a kind of literal ends, and whether a doubled quote stands for itself in it. */
interface Literal {
  readonly edge: RegExp;
  readonly doubles: boolean;
}
const PLAIN: Literal = { edge: /'/g, doubles: true };
const ESCAPED: Literal = { edge: /\\.|'/gs, doubles: true };
const BITS: Literal = { edge: /'/g, doubles: false };

/**
 * Cuts a statement's text as PostgreSQL's scanner does (src/backend/parser/scan.l), far enough to know what stands
 * within literals, comments and quoted names, and what does not.
 * @param text bytes as latin1; those over 127 are letters to the scanner.
 * @param conforming the setting of standard_conforming_strings: without it a backslash escapes in `'…'` as in `E'…'`.
 */
export function* tokensOf(text: string, conforming: boolean): Generator<Token> {
  for (let at = 0; at < text.length; ) {
    const space = skipSpace(text, at);
    if (space > at) {
      at = space;
      continue;
    }
    const token = tokenAt(text, at, conforming);
    yield token;
    at = token.end;
  }
}

function tokenAt(text: string, start: number, conforming: boolean): Token {
  const other = (end: number): Token => ({ kind: 'other', start, end });
  const first = text.charAt(start);
  if (first === "'")
    return { kind: 'plain', start, end: literalEnd(text, start + 1, conforming ? PLAIN : ESCAPED) };
  if (first === '"') return other(quotedEnd(text, start + 1, '"'));
  if (first === '$') return other(dollarEnd(text, start));
  const end = matchEnd(WORD, text, start);
  if (end === undefined) return other(start + 1);
  const prefix = text.slice(start, end).toLowerCase();
  // Of a word of more letters, the last is no prefix.
  if ((prefix === 'b' || prefix === 'x') && text.charAt(end) === "'")
    return other(literalEnd(text, end + 1, BITS));
  if (prefix === 'e' && text.charAt(end) === "'") return other(literalEnd(text, end + 1, ESCAPED));
  if (prefix === 'u' && text.startsWith("&'", end)) return other(literalEnd(text, end + 2, PLAIN));
  if (prefix === 'u' && text.startsWith('&"', end)) return other(quotedEnd(text, end + 2, '"'));
  return { kind: 'word', start, end };
}

function skipSpace(text: string, start: number): number {
  const end = matchEnd(SPACE, text, start);
  if (end !== undefined) return end;
  return text.startsWith('/*', start) ? commentEnd(text, start) : start;
}

/** Comments nest. */
function commentEnd(text: string, start: number): number {
  COMMENT_EDGE.lastIndex = start;
  for (let depth = 0; ; ) {
    const edge = COMMENT_EDGE.exec(text);
    if (edge === null) return text.length;
    depth += edge[0] === '/*' ? 1 : -1;
    if (depth === 0) return COMMENT_EDGE.lastIndex;
  }
}

/** Literals that are only a line apart are one. */
function literalEnd(text: string, start: number, { edge, doubles }: Literal): number {
  for (let at = start; ; ) {
    edge.lastIndex = at;
    const found = edge.exec(text);
    if (found === null) return text.length;
    at = edge.lastIndex;
    if (found[0] !== "'") continue;
    const doubled = doubles && text.charAt(at) === "'" ? at + 1 : undefined;
    const next = doubled ?? matchEnd(CONTINUED, text, at);
    if (next === undefined) return at;
    at = next;
  }
}

function quotedEnd(text: string, start: number, quote: string): number {
  for (let at = start; ; ) {
    const end = text.indexOf(quote, at);
    if (end < 0) return text.length;
    if (text.charAt(end + 1) !== quote) return end + 1;
    at = end + 2;
  }
}

/** A parameter's `$` stands for itself. */
function dollarEnd(text: string, start: number): number {
  const opened = matchEnd(DOLLAR_QUOTE, text, start);
  if (opened === undefined) return start + 1;
  const closing = text.indexOf(text.slice(start, opened), opened);
  return closing < 0 ? text.length : closing + opened - start;
}

function matchEnd(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
