import t from 'tap';
import { percentile, summarize } from '../../bench/figures.ts';

t.test('A percentile is a value that was measured, by nearest rank.', async (t) => {
  const values = [5, 1, 4, 2, 3];
  t.equal(percentile(values, 50), 3);
  t.equal(percentile(values, 99), 5);
  t.equal(percentile(values, 0), 1);
  t.strictSame(values, [5, 1, 4, 2, 3], 'the values stay in their order');
  t.ok(Number.isNaN(percentile([], 50)));
});

t.test(
  'Rounds are summed up by their median, least and most; what was not measured stays out.',
  async (t) => {
    const summary = summarize([
      { cpu: 3, rate: 10 },
      { cpu: 1, rate: 30 },
      { cpu: 2, rate: 20 },
    ]);
    t.strictSame(summary, {
      rate: { median: 20, min: 10, max: 30 },
      cpu: { median: 2, min: 1, max: 3 },
    });
  },
);
