/** Text from a client is cut here in logs: names have 63 bytes, an SNI at most 255. */
const MAX_LENGTH = 256;
/** A sentence of ours that quotes others' texts: paths have 4,096 bytes (PATH_MAX in linux/limits.h), names 63. */
const MAX_SENTENCE = 8192;

/**
 * Everything that moves a cursor, ends a line or turns the reading direction: C0 and C1 controls, zero-width
 * and bidirectional marks, line and paragraph separators, lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

export function hasUnprintable(text: string): boolean {
  return text.search(UNPRINTABLE) >= 0;
}

/**
 * A line of JSON, or of YAML within double quotes, that means the same and has nothing of that in it. Beyond the BMP,
 * JSON wants two surrogates (RFC 8259, section 7), YAML one code point (YAML 1.2.2, 5.7).
 */
export function spelledOut(line: string, beyondBmp: 'surrogates' | 'code point'): string {
  return line.replace(UNPRINTABLE, (character) => {
    if (character.length > 1 && beyondBmp === 'code point')
      return `\\U${hex(character.codePointAt(0) ?? 0, 8)}`;
    return character.replace(/[\s\S]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`);
  });
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** A message to a person as it may stand on a terminal, whoever had a word in it: an upstream, a certificate, a file. */
export function printableSentence(text: string): string {
  return printable(text, MAX_SENTENCE);
}

/**
 * A client's text as it may stand in a log or on a terminal: one line, escapes made visible, bounded.
 * @param most UTF-16 units of it that are kept
 */
export function printable(text: string, most = MAX_LENGTH): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
