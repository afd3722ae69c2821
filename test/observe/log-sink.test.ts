import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { LogSink } from '../../src/observe/log-sink.ts';

/** A descriptor that takes as many bytes as the test lets it. */
class Reader {
  taken = '';
  room = Number.POSITIVE_INFINITY;
  code = 'EAGAIN';

  readonly write = (bytes: Buffer): number => {
    if (this.room <= 0) throw Object.assign(new Error('no'), { code: this.code });
    const taken = bytes.subarray(0, this.room);
    this.taken += taken.toString();
    this.room -= taken.length;
    return taken.length;
  };

  get lines(): string[] {
    return this.taken.split('\n').slice(0, -1);
  }
}

/** Until the sink has had time for a try of its own. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}

t.test('A line is written at once.', async (t) => {
  const reader = new Reader();
  new LogSink(reader.write).write('one\n');
  t.equal(reader.taken, 'one\n');
});

for (const code of ['EAGAIN', 'ENOSPC', 'EIO']) {
  t.test(`Lines wait while there is ${code}, and come in order and whole.`, async (t) => {
    const reader = new Reader();
    reader.code = code;
    const sink = new LogSink(reader.write);
    reader.room = 5;
    for (let n = 0; n < 100; n += 1) sink.write(`line ${n} with ü\n`);
    t.equal(reader.taken, 'line ', 'as much as there was room for');
    reader.room = 7;
    await until(() => reader.taken.length > 5);
    reader.room = Number.POSITIVE_INFINITY;
    await until(() => reader.lines.length === 100);
    t.strictSame(
      reader.lines,
      Array.from({ length: 100 }, (_, n) => `line ${n} with ü`),
    );
    sink.write('later\n');
    t.equal(reader.lines.at(-1), 'later');
  });
}

t.test('What waits is bounded, and what was lost is told.', async (t) => {
  const reader = new Reader();
  reader.room = 0;
  const sink = new LogSink(reader.write);
  const line = `${'x'.repeat(1023)}\n`;
  for (let n = 0; n < 3000; n += 1) sink.write(line);
  reader.room = Number.POSITIVE_INFINITY;
  await until(() => reader.lines.length > 1024);
  t.equal(reader.lines.length, 1025);
  t.match(JSON.parse(reader.lines.at(-1) ?? ''), { level: 'warn', time: /^\d{4}-/, lines: 3000 - 1024 });
  sink.write('later\n');
  t.equal(reader.lines.length, 1026, 'and told once');
});

t.test('A reader that has left for good is written to no more.', async (t) => {
  const reader = new Reader();
  reader.room = 0;
  reader.code = 'EPIPE';
  const sink = new LogSink(reader.write);
  sink.write('unread\n');
  reader.room = Number.POSITIVE_INFINITY;
  sink.write('unread\n');
  sink.end();
  t.equal(reader.taken, '');
});

t.test('At the end what waits is tried again, for a moment.', async (t) => {
  const reader = new Reader();
  reader.room = 0;
  let tries = 0;
  const sink = new LogSink((bytes) => {
    tries += 1;
    if (tries === 4) reader.room = Number.POSITIVE_INFINITY;
    return reader.write(bytes);
  });
  sink.write('the last\n');
  sink.end();
  t.equal(reader.taken, 'the last\n');
  const deaf = new LogSink(() => {
    throw Object.assign(new Error('no'), { code: 'EAGAIN' });
  });
  deaf.write('never\n');
  deaf.end();
  t.pass('and no longer');
});

/** Logs far more than a pipe holds, then says so; then ends. Its stderr does not wait, as in the gateway. */
const PROGRAM = `
  process.stderr.on('error', () => {});
  const { createLogger } = await import(${JSON.stringify(new URL('../../src/observe/logger.ts', import.meta.url))});
  const log = createLogger('info', 2);
  for (let n = 0; n < 2000; n += 1) log.info({ n, padding: 'x'.repeat(200) });
  process.send('logged');
  await new Promise((resolve) => process.once('message', resolve));
  process.disconnect();
`;

t.test('A reader that is slow holds nobody up, and gets every line.', async (t) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  t.strictSame(await once(child, 'message'), ['logged', undefined], 'before a single line was read');
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.send('end');
  await once(child, 'close');
  const numbers = said
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { n: number }).n);
  t.strictSame(
    numbers,
    Array.from({ length: 2000 }, (_, n) => n),
  );
});
