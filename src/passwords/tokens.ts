import { type MatchExtended, ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common';
import { dictionary as english } from '@zxcvbn-ts/language-en';
import { rankShortWords } from './short-words.ts';

/** A stretch of a password and what it looks like to someone who guesses. */
export interface Token {
  /** Its first and last unit. */
  readonly first: number;
  readonly last: number;
  readonly kind: Kind;
  /** Guesses it takes, at least 1; without a meaning for `chance`. */
  readonly guesses: number;
}

export type Kind =
  | 'chance'
  | 'context'
  | 'password'
  | 'name'
  | 'word'
  | 'keyboard'
  | 'repetition'
  | 'sequence'
  | 'date'
  | 'separator';

/**
 * English words and names, passwords from leaks, keyboards; made when this file is loaded, which takes a fifth of a
 * second and 50 MB. Only a worker should load it (app/password-worker.ts).
 */
const DICTIONARY = { ...common, ...english };
const ESTIMATOR = new ZxcvbnFactory({
  dictionary: DICTIONARY,
  graphs: adjacencyGraphs,
  // The default of 100 finds no more in our list of bad passwords, and takes seconds for some texts.
  l33tMaxSubstitutions: 32,
});
const SHORT_WORDS = rankShortWords(Object.values(DICTIONARY));

const PATTERNS: ReadonlyMap<string, Kind> = new Map([
  ['bruteforce', 'chance'],
  ['spatial', 'keyboard'],
  ['repeat', 'repetition'],
  ['sequence', 'sequence'],
  ['wordSequence', 'sequence'],
  ['regex', 'date'],
  ['date', 'date'],
  ['separator', 'separator'],
]);

/** zxcvbn's least for a token that is not the whole password (MIN_SUBMATCH_GUESSES_MULTI_CHAR). */
const LEAST_GUESSES_OF_A_PART = 50;

/**
 * The sequence of tokens that covers the text with the fewest guesses, as zxcvbn sees it.
 * @param text short, since the search takes quadratic time; every character is one UTF-16 unit.
 * @param words lower case; tried before every other.
 */
export function findTokens(text: string, words: readonly string[]): Token[] {
  const { sequence } = ESTIMATOR.check(text, [...words]);
  return sequence.map((match) => ({
    first: match.i,
    last: match.j,
    kind: kindOf(match),
    guesses: guessesOf(match),
  }));
}

/** The same for a part of a password, seen by itself; short words are words there too. */
export function findTokensOfPart(part: string, words: readonly string[]): Token[] {
  const tokens = findTokens(part, words);
  const rank = SHORT_WORDS.get(part.toLowerCase());
  const isChance = tokens.every(({ kind }) => kind === 'chance');
  if (!isChance || rank === undefined) return tokens.map(asPart);
  return [asPart({ first: 0, last: part.length - 1, kind: 'word', guesses: rank * capitalizations(part) })];
}

function asPart(token: Token): Token {
  return { ...token, guesses: Math.max(token.guesses, LEAST_GUESSES_OF_A_PART) };
}

/** As zxcvbn has it: none, the first, all; else any. */
function capitalizations(word: string): number {
  if (word === word.toLowerCase()) return 1;
  return word === word.toUpperCase() || /^\p{Lu}\P{Lu}+$/u.test(word) ? 2 : 2 ** word.length;
}

/** @throws TypeError where the library counts none: what nobody knows must not pass for a bound. */
function guessesOf(match: MatchExtended): number {
  const guesses: unknown = match['guesses'];
  if (typeof guesses === 'number' && guesses >= 1) return guesses;
  throw new TypeError('a token without guesses');
}

function kindOf(match: MatchExtended): Kind {
  return PATTERNS.get(match.pattern) ?? dictionaryKind(String(match['dictionaryName']));
}

function dictionaryKind(name: string): Kind {
  if (name === 'userInputs') return 'context';
  if (name.startsWith('passwords')) return 'password';
  return /^(first|last)names/.test(name) ? 'name' : 'word';
}
