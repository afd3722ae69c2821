import { mock } from 'node:test';
import t from 'tap';
import { watchDescriptors } from '../../src/app/descriptor-watch.ts';
import { createLogger } from '../../src/observe/logger.ts';

t.test('Running out of descriptors is told once, and so is that there are some again.', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const lines: { level: string; msg: string }[] = [];
  const log = createLogger('trace', { write: (line: string) => void lines.push(JSON.parse(line)) });
  let left = true;
  const watch = watchDescriptors(log, () => left);
  mock.timers.tick(5000);
  t.strictSame(lines, []);
  left = false;
  mock.timers.tick(5000);
  t.match(lines, [{ level: 'error', msg: /no file descriptor is left/ }]);
  t.equal(lines.length, 1);
  left = true;
  mock.timers.tick(5000);
  t.match(lines[1], { level: 'info', msg: 'there are file descriptors again' });
  t.equal(lines.length, 2);
  watch.close();
  left = false;
  mock.timers.tick(5000);
  t.equal(lines.length, 2);
});
