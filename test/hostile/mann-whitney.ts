/** What a two-sample test says. */
export interface Comparison {
  /** How probable so great a difference is where there is none; two-sided. */
  readonly p: number;
  /** How often a value of the first sample is greater than one of the second, ties halved; 0.5: no difference. */
  readonly superiority: number;
}

/**
 * The Mann–Whitney U test (Annals of Mathematical Statistics 18, 1947): whether one sample tends to greater values
 * than the other. It looks at ranks alone, so the few tries that a scheduler held up weigh no more than others. The
 * normal approximation with its correction for ties, good from some twenty values a sample.
 *
 * @throws RangeError for a sample without values.
 */
export function compareSamples(first: readonly number[], second: readonly number[]): Comparison {
  const [n, m] = [first.length, second.length];
  if (n === 0 || m === 0) throw new RangeError('a sample without values');
  const { rankSum, ties } = rankFirst(first, second);
  const u = rankSum - (n * (n + 1)) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  // All values alike: nothing tells the samples apart.
  if (variance <= 0) return { p: 1, superiority: 0.5 };
  // Half a step towards the middle, because U is whole and the normal distribution is not.
  const distance = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5);
  return { p: twoSided(distance / Math.sqrt(variance)), superiority: u / (n * m) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError('a sample without values');
  return (low + high) / 2;
}

/** The sum of the first sample's ranks among all, equal values sharing theirs; and the sum of t³ − t over ties. */
function rankFirst(first: readonly number[], second: readonly number[]): { rankSum: number; ties: number } {
  const all = [
    ...first.map((value) => ({ value, isFirst: true })),
    ...second.map((value) => ({ value, isFirst: false })),
  ].sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  for (let at = 0; at < all.length; ) {
    const value = all[at]?.value;
    let end = at;
    while (all[end]?.value === value && end < all.length) end += 1;
    const equal = all.slice(at, end);
    // Ranks count from 1: those of this group are at + 1 to end.
    rankSum += (equal.filter(({ isFirst }) => isFirst).length * (at + 1 + end)) / 2;
    ties += equal.length ** 3 - equal.length;
    at = end;
  }
  return { rankSum, ties };
}

/** The probability that a standard normal value is at least so far from 0: erfc(z / √2), with an error below 2e-7. */
function twoSided(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  // Numerical Recipes, 6.2: a Chebyshev fit of the complementary error function.
  const fit = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
    1.00002368, -1.26551223,
  ].reduce((sum, coefficient) => sum * t + coefficient);
  return t * Math.exp(-x * x + fit);
}
