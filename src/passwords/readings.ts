import { findTokens, findTokensOfPart, type Token } from './tokens.ts';

/**
 * What could be a word of its own: letters and digits behind a letter; the same where capitals stand for spaces.
 * Digits alone are none: they are as likely as any others.
 */
const WORDS = [/\p{L}[\p{L}\p{N}]{2,}/gu, /\p{L}[\p{Ll}\p{N}]{2,}/gu];

/** zxcvbn's separators (SEPERATOR_CHARS). */
const SEPARATOR = /([ ,;:|/\\_.-])/;
const ONLY_WORDS = /^[\p{L}\p{N}]+$/u;
/** Whether it is there, since it is the same one all along: 1 bit. */
const SEPARATOR_GUESSES = 2;

/**
 * The ways to read a password as a sequence of tokens, each of which covers it without a gap. An attacker takes the
 * cheapest.
 *
 * The first is zxcvbn's. It counts 10 guesses a character of chance, and the orders of all tokens; so it takes words
 * for chance that stand among digits and signs (` horse ` is 10^7 to it, less than a space, 1 of 1,000 and a space)
 * and any word of a long sentence. Hence the others: a second look at what it calls chance, and the password word by
 * word.
 */
export function readings(text: string, words: readonly string[]): Token[][] {
  const found = findTokens(text, words);
  const whole: Token = { first: 0, last: text.length - 1, kind: 'chance', guesses: 1 };
  const looks = WORDS.flatMap((pattern) => {
    const look = (token: Token): Token[] => (token.kind === 'chance' ? wordByWord(token, pattern, text, words) : [token]);
    return [found.flatMap(look), look(whole)];
  });
  return [...looks, ...asSentence(text, words)];
}

/** The words in a token of chance, each seen by itself, and the chance between them. */
function wordByWord(token: Token, pattern: RegExp, text: string, words: readonly string[]): Token[] {
  const tokens: Token[] = [];
  let next = token.first;
  for (const match of text.slice(token.first, token.last + 1).matchAll(pattern)) {
    const start = token.first + match.index;
    if (start > next) tokens.push({ ...token, first: next, last: start - 1 });
    tokens.push(...findTokensOfPart(match[0], start, words));
    next = start + match[0].length;
  }
  return next > token.last ? tokens : [...tokens, { ...token, first: next }];
}

/** @returns none where the text is not words with one separator between each two. */
function asSentence(text: string, words: readonly string[]): Token[][] {
  const parts = text.split(SEPARATOR);
  if (parts.length === 1 || !parts.every((part, i) => i % 2 === 1 || ONLY_WORDS.test(part))) return [];
  let start = 0;
  const tokens = parts.flatMap((part, i): Token[] => {
    const first = start;
    start += part.length;
    if (i % 2 === 0) return findTokensOfPart(part, first, words);
    return [{ first, last: first, kind: 'separator', guesses: SEPARATOR_GUESSES }];
  });
  return [tokens];
}
