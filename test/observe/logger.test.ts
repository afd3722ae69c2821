import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createLogger } from '../../src/observe/logger.ts';

/** Logs to a descriptor of a process of its own, which says so if it lives to the end. */
const PROGRAM = `
  const { createLogger } = await import(${JSON.stringify(new URL('../../src/observe/logger.ts', import.meta.url))});
  const log = createLogger('info', 2);
  for (let n = 0; n < 20_000; n += 1) log.info({ n, padding: 'x'.repeat(200) }, 'connection');
  await new Promise((resolve) => setTimeout(resolve, 50));
  process.stdout.write(process.memoryUsage().rss < 400 * 1024 * 1024 ? 'alive' : 'too large');
`;

function logTo(file: string, flags: string): string {
  const stderr = openSync(file, flags);
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    stdio: ['ignore', 'pipe', stderr],
    encoding: 'utf8',
  });
  closeSync(stderr);
  return done.stdout;
}

t.test('Lines of JSON have the level by its name and a time that people can read.', async (t) => {
  const lines: string[] = [];
  createLogger('info', { write: (line) => lines.push(line) }).warn({ session: 'x' }, 'connection');
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  t.match(line, { level: 'warn', session: 'x', msg: 'connection', time: /^\d{4}-.*Z$/ });
});

t.test(
  'A log on a full disk does not end the process, and what waits for room is bounded.',
  { skip: process.platform !== 'linux' && 'no /dev/full' },
  async (t) => {
    t.equal(logTo('/dev/full', 'w'), 'alive');
  },
);

t.test('A log on a good disk is written.', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-log-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  t.equal(logTo(join(folder, 'log'), 'w'), 'alive');
});
