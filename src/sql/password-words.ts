/**
 * The words without which no statement sets a password, in their order: CREATE or ALTER, then ROLE, USER or GROUP
 * (PostgreSQL manual, CREATE ROLE and ALTER ROLE), then PASSWORD. A keyword cannot be escaped: `U&"…"` is always an
 * identifier. Between the first two stand white space and comments alone. What may stand next to a word is what
 * PostgreSQL's scanner (src/backend/parser/scan.l) could not take for a part of it, in every version: older ones read
 * `1password` as two words, and a dollar quote may end just before one.
 */
const WORDS = [
  /(?:create|alter)(?=[ \t\n\r\f\v/-]|$)/gi,
  /(?<=[ \t\n\r\f\v/])(?:role|user|group)(?![\w$\x80-\xff])/gi,
  /(?<![a-z_\x80-\xff])password(?![\w$\x80-\xff])/gi,
] as const;

/** The longest word and the byte before it. */
const CARRIED = 'password'.length + 1;

/**
 * Whether a text could set a password, by a look at its bytes alone: so cheap that every statement has it. It may be
 * wrong in saying yes, never in saying no. The text comes in parts that may be cut anywhere.
 */
export class PasswordWords {
  #found = 0;
  #carried = '';

  /** Whether all words have come. */
  get complete(): boolean {
    return this.#found === WORDS.length;
  }

  /** @returns where in these bytes, at least at 0, the last word ends that makes it complete; -1: it is not, or was before. */
  feed(bytes: Buffer): number {
    const text = this.#carried + bytes.toString('latin1');
    const before = this.#carried.length;
    let at = 0;
    for (let word = WORDS[this.#found]; word !== undefined; word = WORDS[this.#found]) {
      word.lastIndex = at;
      if (!word.test(text)) {
        this.#carried = text.slice(Math.max(at, text.length - CARRIED));
        return -1;
      }
      at = word.lastIndex;
      this.#found += 1;
      if (this.complete) return Math.max(0, at - before);
    }
    return -1;
  }
}

/** The same of a text that stands in bytes as a whole. Nearly all texts lack the last word, so that is looked for first. */
export function couldSetPassword(bytes: Buffer, start = 0, end = bytes.length): boolean {
  return holdsPassword(bytes, start, end) && new PasswordWords().feed(bytes.subarray(start, end)) >= 0;
}

const PASSWORD = Buffer.from('password');
/** How far behind a byte the word can end at the earliest, had the byte been its last (Horspool, 1980); 0: it may be. */
const LEAPS = leapsFor(PASSWORD);

/** In any case, in some 20 ns for a short statement: a regular expression takes ten times that. */
function holdsPassword(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start + PASSWORD.length - 1; at < end; ) {
    const leap = LEAPS.readUInt8(bytes.readUInt8(at));
    if (leap > 0) at += leap;
    else if (endsInPassword(bytes, at)) return true;
    else at += 1;
  }
  return false;
}

function endsInPassword(bytes: Buffer, last: number): boolean {
  const start = last - PASSWORD.length + 1;
  return bytes.toString('latin1', start, last + 1).toLowerCase() === 'password';
}

function leapsFor(word: Buffer): Buffer {
  const leaps = Buffer.alloc(256, word.length);
  for (const [i, byte] of word.entries()) {
    leaps[byte] = word.length - 1 - i;
    leaps[byte & ~0x20] = word.length - 1 - i;
  }
  return leaps;
}
