import t from 'tap';
import { parseLines, parseMoment } from '../../src/cli/audit-times.ts';

t.test('A moment is how long ago, or when.', async (t) => {
  const before = Date.now();
  const ago = parseMoment('90m');
  t.ok(ago >= before - 90 * 60_000 && ago <= Date.now() - 90 * 60_000);
  t.equal(parseMoment('2026-11-23'), Date.UTC(2026, 10, 23));
  t.equal(parseMoment('2026-11-23T18:00Z'), Date.UTC(2026, 10, 23, 18));
  t.equal(parseMoment('2026-11-23 18:00:00.5+01:00'), Date.UTC(2026, 10, 23, 17, 0, 0, 500));
});

t.test('Anything else is refused, a time without its zone too.', async (t) => {
  for (const text of [
    '',
    'yesterday',
    '1w',
    '-1h',
    '2026-13-01',
    '2026-11-23T25:00Z',
    '2026-11-23T18:00',
    '1764000000',
  ])
    t.throws(() => parseMoment(text), /how long ago, as in 90m/, text);
});

t.test('A number of lines is bounded.', async (t) => {
  t.equal(parseLines('0'), 0);
  t.equal(parseLines('10000'), 10_000);
  for (const text of ['', '-1', '1.5', '10001', '1e3', 'all'])
    t.throws(() => parseLines(text), /up to 10000/, text);
});
