/** A password as it is searched for patterns: one UTF-16 unit a character, marks taken off letters. */
export interface Characters {
  readonly text: string;
  /** For each unit of `text` the bits that it adds where it belongs to no pattern. */
  readonly bits: readonly number[];
}

/** Classes of ASCII and how many characters each has; 33 are punctuation and the space. */
const CLASSES: readonly (readonly [RegExp, number])[] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[ -/:-@[-`{-~]/, 33],
];

/**
 * Bits a character outside ASCII. There is no dictionary of these scripts here, so that words cannot be told from
 * chance: a letter counts as it does in a word, where the 16,000 commonest ones of a language (14 bits) have some 7
 * letters, 5 kana, 3 hangul syllables, 2 or 3 Chinese characters. What nobody sees counts nothing.
 */
const OTHERS: readonly (readonly [RegExp, number])[] = [
  [/[\p{C}\p{M}\p{Zl}\p{Zp}]/u, 0],
  [/\p{Script=Han}/u, 5],
  [/\p{Script=Hangul}/u, 4],
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, 3],
  [/[\p{L}\p{N}]/u, 2],
];
/** Symbols and emoji: people choose among some thirty. */
const SYMBOL_BITS = 5;

const ASCII = /^\p{ASCII}$/u;

/**
 * A character of two units is shown to the search as one of the private use area, which has room for the last 12 of
 * its bits: neighbours stay neighbours.
 */
const PRIVATE_USE = 0xe000;

/**
 * @param most characters to look at; the bits of what is cut off are not counted, so that the estimate stays a
 * lower bound.
 */
export function readCharacters(password: string, most: number): Characters {
  const characters = Array.from(foldMarks(password)).slice(0, most);
  const text = characters.map(asOneUnit).join('');
  const poolBits = Math.log2(poolOf(text));
  const hasLetters = /\p{L}/u.test(text);
  const asciiBits = (each: string): number => (hasLetters ? poolBits : Math.log2(poolOf(each)));
  return {
    text,
    bits: characters.map((each) => (ASCII.test(each) ? asciiBits(each) : otherBits(each))),
  };
}

/** Takes accents and width away, as someone does who tries `passwörd` after `password`; they add no bits. */
export function foldMarks(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .normalize('NFC');
}

/** How many characters there are to choose from, by the classes that occur; 1 where none does. */
function poolOf(text: string): number {
  return CLASSES.reduce((sum, [pattern, size]) => (pattern.test(text) ? sum + size : sum), 0) || 1;
}

function otherBits(character: string): number {
  return OTHERS.find(([pattern]) => pattern.test(character))?.[1] ?? SYMBOL_BITS;
}

function asOneUnit(character: string): string {
  if (character.length === 1) return character;
  const [high, low] = [character.charCodeAt(0), character.charCodeAt(1)];
  return String.fromCharCode(PRIVATE_USE + (((high & 0x3) << 10) | (low & 0x3ff)));
}
