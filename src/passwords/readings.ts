import { findTokens, findTokensOfPart, type Token } from './tokens.ts';

/**
 * What could be a word of its own, in the capitals that words have; digits stand for letters in it. Digits alone are
 * none: they are as likely as any others.
 */
const WORD = /\p{Lu}?\p{Ll}[\p{Ll}\p{N}]+|\p{Lu}[\p{Lu}\p{N}]{2,}/gu;

/** zxcvbn's separators (SEPERATOR_CHARS). */
const SEPARATOR = /([ ,;:|/\\_.-])/;
const ONLY_A_WORD = /^[\p{L}\p{N}]+$/u;
/** Whether it is there: which one it is shows once. 1 bit. */
const SEPARATOR_GUESSES = 2;

/**
 * The ways to read a password as a sequence of tokens, each of which covers it without a gap. An attacker takes the
 * cheapest.
 *
 * The first is zxcvbn's. It counts 10 guesses a character of chance, and the orders of all tokens; so it takes words
 * for chance that stand among digits and signs (` horse ` is 10^7 to it, less than a space, 1 of 1,000 and a space),
 * and any word of a long sentence. Hence a second look at what it calls chance, and the others.
 */
export function readings(text: string, words: readonly string[]): Token[][] {
  const partOf = remembering((part) => findTokensOfPart(part, words));
  const whole: Token = { first: 0, last: text.length - 1, kind: 'chance', guesses: 1 };
  const zxcvbns = findTokens(text, words).flatMap((token) => {
    return token.kind === 'chance' ? wordByWord(token, text, partOf) : [token];
  });
  return [zxcvbns, wordByWord(whole, text, partOf), ...asSentence(text, partOf)];
}

type PartOf = (part: string) => readonly Token[];

/** The readings have most parts in common, and each takes milliseconds. */
function remembering(find: PartOf): PartOf {
  const known = new Map<string, readonly Token[]>();
  return (part) => {
    const tokens = known.get(part) ?? find(part);
    known.set(part, tokens);
    return tokens;
  };
}

/** The words in a token of chance, each seen by itself, and the chance between them. */
function wordByWord(token: Token, text: string, partOf: PartOf): Token[] {
  const tokens: Token[] = [];
  let next = token.first;
  for (const match of text.slice(token.first, token.last + 1).matchAll(WORD)) {
    const start = token.first + match.index;
    if (start > next) tokens.push({ ...token, first: next, last: start - 1 });
    tokens.push(...moved(partOf(match[0]), start));
    next = start + match[0].length;
  }
  return next > token.last ? tokens : [...tokens, { ...token, first: next }];
}

/** @returns none where the text is not words with one separator between each two. */
function asSentence(text: string, partOf: PartOf): Token[][] {
  const parts = text.split(SEPARATOR);
  if (parts.length === 1 || !parts.every((part, i) => i % 2 === 1 || ONLY_A_WORD.test(part))) return [];
  let start = 0;
  const tokens = parts.flatMap((part, i): Token[] => {
    const first = start;
    start += part.length;
    if (i % 2 === 0) return moved(partOf(part), first);
    return [{ first, last: first, kind: 'separator', guesses: SEPARATOR_GUESSES }];
  });
  return [tokens];
}

function moved(tokens: readonly Token[], by: number): Token[] {
  return tokens.map((token) => ({ ...token, first: token.first + by, last: token.last + by }));
}
