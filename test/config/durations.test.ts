import fc from 'fast-check';
import t from 'tap';
import { formatDuration, NOT_A_DURATION, parseDuration } from '../../src/config/durations.ts';

const ANY = { min: 0, max: Number.MAX_SAFE_INTEGER };

t.test('A duration is a whole number and a unit.', async (t) => {
  for (const [text, ms] of [
    ['500ms', 500],
    ['15s', 15_000],
    ['150s', 150_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['30d', 2_592_000_000],
    ['0s', 0],
  ] as const) {
    t.strictSame(parseDuration(text, ANY), { ms }, text);
  }
});

t.test('Anything else is told what a duration looks like.', async (t) => {
  for (const text of [
    '',
    '15',
    's',
    '1.5s',
    '-1s',
    '15 s',
    '15S',
    '15sec',
    '1h30m',
    '1w',
    '9999999999999s',
    '15s\n',
  ]) {
    t.strictSame(parseDuration(text, ANY), { problem: NOT_A_DURATION }, JSON.stringify(text));
  }
});

t.test('Bounds are told in the largest fitting unit.', async (t) => {
  const bounds = { min: 1000, max: 600_000 };
  t.strictSame(parseDuration('999ms', bounds), { problem: 'must be from 1s to 10m' });
  t.strictSame(parseDuration('11m', bounds), { problem: 'must be from 1s to 10m' });
  t.strictSame(parseDuration('1000ms', bounds), { ms: 1000 });
  t.equal(formatDuration(0), '0s');
  t.equal(formatDuration(90_000), '90s');
});

t.test('What is formatted is read as the same.', async (t) => {
  fc.assert(
    fc.property(fc.nat(), (ms) => {
      const read = parseDuration(formatDuration(ms), ANY);
      return 'ms' in read && read.ms === ms;
    }),
  );
  t.pass('any whole number of milliseconds');
});
