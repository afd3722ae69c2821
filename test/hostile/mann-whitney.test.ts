import t from 'tap';
import { Random } from '../soak/random.ts';
import { compareSamples, median } from './mann-whitney.ts';

const random = new Random(1);

/** About normal: the sum of twelve even ones (variance 1). */
function normal(count: number, mean: number): number[] {
  return Array.from({ length: count }, () => {
    let sum = mean - 6;
    for (let n = 0; n < 12; n += 1) sum += random.fraction();
    return sum;
  });
}

/** scipy.stats.mannwhitneyu(…, method='asymptotic') of two small samples, ties included. */
t.test('U and p agree with what scipy computes.', async (t) => {
  const apart = compareSamples([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  t.equal(apart.superiority, 0.125);
  t.ok(Math.abs(apart.p - 0.0050754) < 1e-6, `${apart.p}`);
  const tied = compareSamples([1, 1, 2, 2, 3, 3], [2, 2, 3, 3, 4, 4]);
  t.ok(Math.abs(tied.p - 0.1133455) < 1e-6, `${tied.p}`);
});

t.test('Samples of one distribution are not told apart, those of two are.', async (t) => {
  t.ok(compareSamples(normal(2000, 0), normal(2000, 0)).p > 0.001);
  t.ok(compareSamples(normal(2000, 0), normal(2000, 0.2)).p < 0.001);
  const { p, superiority } = compareSamples(normal(500, 5), normal(500, 0));
  t.ok(p < 1e-9);
  t.ok(superiority > 0.99);
});

t.test('A few wild values do not decide.', async (t) => {
  const quiet = normal(500, 0);
  t.ok(compareSamples([...quiet, 1e9, 1e9], [...normal(500, 0), 0, 0]).p > 0.001);
});

t.test('Equal values are no difference; no values are a mistake.', async (t) => {
  t.same(compareSamples([3, 3, 3], [3, 3]), { p: 1, superiority: 0.5 });
  t.throws(() => compareSamples([], [1]), RangeError);
  t.throws(() => compareSamples([1], []), RangeError);
});

t.test('The median lies in the middle.', async (t) => {
  t.equal(median([9, 1, 5]), 5);
  t.equal(median([4, 1, 3, 2]), 2.5);
  t.throws(() => median([]), RangeError);
});
