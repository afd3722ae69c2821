/** Text from a client is cut here in logs: names have 63 bytes, an SNI at most 255. */
const MAX_LENGTH = 256;

/**
 * Everything that moves a cursor, ends a line or turns the reading direction: C0 and C1 controls, zero-width
 * and bidirectional marks, line and paragraph separators, lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** A client's text as it may stand in a log or on a terminal: one line, escapes made visible, bounded. */
export function printable(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return cut.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
