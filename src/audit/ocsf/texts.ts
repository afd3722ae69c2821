/** Names have 63 bytes, an SNI at most 255: what is longer was made up to fill a disk. In UTF-16 units. */
const MAX_TEXT = 256;
/** All texts of a record together, as JSON has them: with the rest far below `MAX_RECORD_LENGTH`. */
const MAX_TEXTS = 48_000;
/** One list of a record: 500 names of segments. Four of them leave room for the rest. */
const MAX_LIST = 10_000;
/** One statement, as JSON has it. */
const MAX_STATEMENT = 20_000;
/** A quotation mark on either side, and a comma. */
const AROUND = 3;

/** Nothing to escape, as in nearly every text. */
const PLAIN = /^[ !#-[\]-~]*$/;
/**
 * What moves a cursor or turns the reading direction and is not escaped by JSON: DEL and C1 controls, zero-width and
 * bidirectional marks, line and paragraph separators; and halves of surrogate pairs, for which there is no canonical
 * JSON (RFC 8785, 3.2.2.2).
 */
const UNPRINTABLE = /[\p{Cf}\p{Cs}\u007f-\u009f\u2028\u2029]/gu;

/**
 * Every text that goes into a record passes here: it is bounded, and a line of the trail can be shown as it is. C0
 * controls stay, since JSON escapes them.
 */
export class Texts {
  /** Whether something was cut; the record says so. */
  cut = false;
  #room = MAX_TEXTS;

  of(text: string): string {
    const isLong = text.length > MAX_TEXT;
    const kept = isLong ? text.slice(0, MAX_TEXT) : text;
    const isPlain = PLAIN.test(kept);
    const shown = isPlain ? kept : kept.replace(UNPRINTABLE, visible);
    this.#room -= isPlain ? shown.length + AROUND : lengthOf(shown);
    if (isLong || this.#room < 0) this.cut = true;
    return this.#room < 0 ? '' : shown;
  }

  /** A statement, which may be as long as `sql/statement-text.ts` shows; where escapes make it too long, less of it. */
  statement(text: string): string {
    const shown = PLAIN.test(text) ? text : text.replace(UNPRINTABLE, visible);
    const length = lengthOf(shown);
    if (length > MAX_STATEMENT && text.length > 1) {
      this.cut = true;
      return this.statement(text.slice(0, Math.floor(text.length / 2)));
    }
    this.#room -= length;
    return shown;
  }

  optional(text: string | undefined): string | undefined {
    return text === undefined ? undefined : this.of(text);
  }

  list(texts: readonly string[]): string[] {
    const kept: string[] = [];
    let room = MAX_LIST;
    for (const text of texts) {
      const shown = this.of(text);
      room -= lengthOf(shown);
      if (room < 0) {
        this.cut = true;
        break;
      }
      kept.push(shown);
    }
    return kept;
  }
}

function lengthOf(text: string): number {
  return PLAIN.test(text) ? text.length + AROUND : JSON.stringify(text).length + 1;
}

/** As the operational log shows it (src/observe/printable.ts). */
function visible(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
