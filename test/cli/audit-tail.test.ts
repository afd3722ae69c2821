import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { run, startChild } from '../support/child.ts';
import { CLONE, PLAIN_ENV, startPortcullis } from '../support/portcullis.ts';
import { ESCAPE, EVENTS, FIRST, jsonLines, scene, withEvents } from './an-audit.ts';

const COMMAND = join(CLONE, 'bin/portcullis.cjs');
const ESC = '\u001b';
const RED = `${ESC}[31m`;
const PLAIN = `${ESC}[0m`;

t.test('tail shows the last records, what a client wrote made harmless; filters choose.', async (t) => {
  const { operator } = await withEvents(t);
  const lines = async (flags: string): Promise<string[]> =>
    (await operator.runs(`audit tail ${flags}`.trim())).stdout.split('\n').slice(0, -1);
  const all = await lines('');
  t.equal(all.length, 3);
  t.match(all[0], /^\d{4}-\d\d-\d\dT[\d:.]+Z logged-in +203\.0\.113\.7:50123 app@/);
  t.match(all[1], /bad\\u\{1b\}\[2J/);
  t.notMatch(all.join(), ESCAPE);
  t.same(await lines('-n 1'), all.slice(2));
  t.same(await lines('-n 0'), []);
  t.same(await lines('--role app -n 1'), all.slice(2));
  t.same(await lines('--address 2001:db8::/32'), all.slice(1, 2));
  t.same(await lines('--branch br-dev'), all.slice(2));
  t.same(await lines('--outcome refused'), all.slice(2));
  t.same(await lines('--since 1h'), all);
  t.same(await lines('--since 2020-01-01'), all);
  t.same(await lines('--since 2999-01-01T00:00:00Z'), []);
  const json = await operator.runs('audit tail -n 2 -o json');
  t.same(
    jsonLines(json.stdout).map(({ metadata }) => metadata.sequence),
    [2, 3],
  );
});

t.test('tail looks through one segment after the other, until it has enough.', async (t) => {
  const { operator, open } = await scene(t);
  const trail = await open({ segmentBytes: 4000 });
  for (let count = 0; count < 10; count += 1) await trail.commit(EVENTS);
  await trail.close();
  const sequences = async (flags: string): Promise<number[]> =>
    jsonLines((await operator.runs(`audit tail -o json ${flags}`)).stdout).map(
      ({ metadata }) => metadata.sequence,
    );
  t.same(await sequences('-n 4'), [27, 28, 29, 30]);
  t.same(await sequences('-n 3 --outcome refused'), [24, 27, 30]);
  t.same((await sequences('-n 100')).length, 30);
});

t.test(
  'Lines that somebody spoilt are passed over by tail, and by an export that does not mind.',
  async (t) => {
    const { operator, dir } = await withEvents(t);
    const lines = (await readFile(join(dir, FIRST), 'utf8')).split('\n');
    lines[0] = `{"sequence":1,"uid":"x" ${ESCAPE}`;
    lines[1] = `nonsense ${ESCAPE}`;
    await writeFile(join(dir, FIRST), lines.join('\n'));
    for (const line of ['tail -o json', 'export --unverified']) {
      const { status, stdout, stderr } = await operator.runs(`audit ${line}`);
      t.same({ status, stderr }, { status: 0, stderr: '' });
      t.equal(jsonLines(stdout)[0]?.metadata.sequence, 3);
    }
    const { stdout } = await operator.runs('audit verify');
    t.notMatch(stdout, 'nonsense');
  },
);

t.test('tail -f shows what comes, until nobody reads any more.', async (t) => {
  const { operator, open } = await withEvents(t);
  const trail = await open();
  t.teardown(() => trail.close());
  const child = startPortcullis(t, [
    'audit',
    'tail',
    '-f',
    '-n',
    '1',
    '--role',
    'app',
    '--dir',
    operator.folder,
  ]);
  await child.until('the last record', () => child.stdout.includes('refused'));
  await trail.commit(EVENTS);
  await child.until('the next records', () => child.stdout.split('\n').length === 4);
  t.match(child.stdout, /^\S+ refused .*\n\S+ logged-in .*\n\S+ refused .*\n$/);
  t.equal((await child.leave()).stderr, '');
  const command = `'${process.execPath}' '${COMMAND}' audit tail -f --dir '${operator.folder}' | head -1`;
  const reader = startChild(t, 'sh', ['-c', command]);
  await reader.until('a line', () => reader.stdout !== '');
  // That head has gone is seen by what is written next.
  while (!reader.over) await trail.commit(EVENTS).then(() => setTimeout(50));
  const gone = await reader.ended;
  t.match(gone, { status: 0, stdout: /^\S+ logged-in .*\n$/, stderr: '' });
});

t.test('On a terminal, what was turned away is red, but not where NO_COLOR says so.', async (t) => {
  const { operator } = await withEvents(t);
  const shown = async (env: Record<string, string>): Promise<string> => {
    const command = `'${process.execPath}' '${COMMAND}' audit tail -n 1 --dir '${operator.folder}'`;
    return (await run('script', ['-qec', command, '/dev/null'], { env: { ...PLAIN_ENV, ...env } })).stdout;
  };
  const colored = await shown({});
  t.ok(colored.startsWith(RED) && colored.trimEnd().endsWith(PLAIN), colored);
  t.notOk((await shown({ NO_COLOR: '1' })).includes(ESC));
});
