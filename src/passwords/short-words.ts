/**
 * zxcvbn takes so few letters for chance, 10 guesses each, where the word is rarer than that; its longest list has
 * 89,000 words.
 */
const LONGEST = 5;

/** The rank of each short word, from 1, in the list where it stands highest. */
export function rankShortWords(lists: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  for (const list of lists) {
    for (const [i, word] of list.entries()) {
      const rank = i + 1;
      if (word.length <= LONGEST && rank < (ranks.get(word) ?? Number.POSITIVE_INFINITY))
        ranks.set(word, rank);
    }
  }
  return ranks;
}
