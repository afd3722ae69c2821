import t from 'tap';
import type { Result } from '../../bench/rounds.ts';
import { judge, readTargets, type Target } from '../../bench/targets.ts';

function spread(median: number) {
  return { median, min: median, max: median };
}

function aResult(work: string, cpu: Partial<Record<keyof Result['candidates'], number>>): Result {
  const candidates = Object.fromEntries(
    Object.entries(cpu).map(([name, median]) => [name, { cpu: spread(median) }]),
  );
  return { work, unit: 'login', rounds: 1, candidates };
}

const target: Target = { work: 'W6', figure: 'cpu', against: 'pgbouncer', target: 1.5, wanted: 1 };

t.test('A ratio of medians is held against its target.', async (t) => {
  const [reached] = judge([target], [aResult('W6', { portcullis: 30, pgbouncer: 20 })]);
  t.match(reached, { reached: 1.5, met: true });
  const [missed] = judge([target], [aResult('W6', { portcullis: 31, pgbouncer: 20 })]);
  t.match(missed, { reached: 1.55, met: false });
});

t.test('What is taken off both is taken off before they are compared.', async (t) => {
  const results = [aResult('W6', { portcullis: 30, pgbouncer: 20, direct: 10 })];
  t.match(judge([{ ...target, over: 'direct' }], results), [{ reached: 2, met: false }]);
});

t.test('A figure may be compared with another work, or with nothing.', async (t) => {
  const results = [aResult('W9', { portcullis: 10 }), aResult('W6', { portcullis: 40 })];
  const refusal: Target = {
    work: 'W9',
    figure: 'cpu',
    against: 'portcullis',
    doing: 'W6',
    target: 0.4,
    wanted: 0,
  };
  t.match(judge([refusal], results), [{ reached: 0.25, met: true }]);
  t.match(judge([{ work: 'W9', figure: 'cpu', target: 9, wanted: 0 }], results), [
    { reached: 10, met: false },
  ]);
});

t.test('On Bun it is held against targets of its own.', async (t) => {
  const results = [aResult('W6', { portcullis: 30, 'portcullis-bun': 18, pgbouncer: 20 })];
  t.match(judge([{ ...target, of: 'portcullis-bun' }], results), [{ reached: 0.9, met: true }]);
});

t.test('A target whose work did not run, or not for all, is left out.', async (t) => {
  t.strictSame(judge([target], []), []);
  t.strictSame(judge([target], [aResult('W6', { portcullis: 1 })]), []);
  t.strictSame(judge([{ ...target, over: 'direct' }], [aResult('W6', { portcullis: 1, pgbouncer: 1 })]), []);
});

t.test('The committed targets can be read, and each wants more than it demands at first.', async (t) => {
  const targets = await readTargets();
  t.ok(targets.length > 20);
  for (const { work, target: first, wanted } of targets) t.ok(wanted < first, work);
});
