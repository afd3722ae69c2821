import type { Characters } from './characters.ts';
import { readings } from './readings.ts';
import type { Token } from './tokens.ts';

export interface Estimate {
  /** log2 of the guesses that all tokens take together. */
  readonly bits: number;
  readonly tokens: readonly Token[];
}

/**
 * How hard it is to guess a password that consists of these characters: of all ways to read it the one that takes
 * the fewest bits, its tokens added up.
 * @param vocabularies words that somebody would try first, lower case, in one or several lists: a word more can turn
 * zxcvbn to a reading that is dearer by our count.
 */
export function estimate(characters: Characters, vocabularies: readonly (readonly string[])[]): Estimate {
  return vocabularies
    .flatMap((words) => readings(characters.text, words))
    .map((tokens) => ({ tokens, bits: sum(tokens.map((token) => bitsOf(token, characters))) }))
    .reduce((best, each) => (each.bits < best.bits ? each : best));
}

/** The guesses that a pattern takes, but never more than it takes to try every character. */
function bitsOf({ kind, guesses, first, last }: Token, { bits }: Characters): number {
  const byChance = sum(bits.slice(first, last + 1));
  return kind === 'chance' ? byChance : Math.min(byChance, Math.log2(guesses));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
