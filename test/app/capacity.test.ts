import t from 'tap';
import { sessionsFor, withinDescriptors } from '../../src/app/capacity.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { CROWD } from '../../src/session/crowd.ts';

function listening() {
  const lines: { level: string; msg: string }[] = [];
  const log = createLogger('trace', { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

t.test(
  'All that may be open fits into the limit, the crowd that waits for its refusal included.',
  async (t) => {
    for (const openFiles of [256, 1024, 4096, 20_000, 1_048_576]) {
      const sessions = sessionsFor(openFiles);
      const atMost = Math.ceil(sessions * CROWD) + sessions;
      t.ok(atMost + 60 < openFiles, `${atMost} of ${openFiles}`);
      t.ok(atMost > openFiles / 2, 'and not much less than could be');
    }
    t.equal(sessionsFor(64), 1);
  },
);

t.test('A bound that fits stays, and so does one where the system tells of no limit.', async (t) => {
  const { log, lines } = listening();
  const limits = { maxConnections: 1000, other: 'kept' };
  t.equal(withinDescriptors(limits, undefined, log), limits);
  t.equal(withinDescriptors(limits, 20_000, log), limits);
  t.strictSame(lines, []);
});

t.test('A bound that does not fit is lowered, with a warning where somebody has asked for it.', async (t) => {
  const { log, lines } = listening();
  t.strictSame(withinDescriptors({ maxConnections: 5000, other: 'kept' }, 1024, log), {
    maxConnections: sessionsFor(1024),
    other: 'kept',
  });
  withinDescriptors({ maxConnections: 10_000 }, 1024, log);
  t.match(lines, [
    {
      level: 'warn',
      msg: `limits.max_connections is 5000, and ulimit -n leaves room for ${sessionsFor(1024)}`,
      openFiles: 1024,
    },
    { level: 'info' },
  ]);
});
