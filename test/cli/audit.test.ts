import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { AdminServer } from '../../src/admin/server.ts';
import type { AuditEvent, ConnectionFacts } from '../../src/audit/events.ts';
import { segmentName } from '../../src/trail/segment-names.ts';
import { loadSigningKey } from '../../src/trail/signing-key.ts';
import { Trail } from '../../src/trail/trail.ts';
import type { TrailOptions } from '../../src/trail/trail-options.ts';
import { adminSource } from '../support/admin-source.ts';
import { run, startChild } from '../support/child.ts';
import { CLONE, ONE_LINE, PLAIN_ENV, startPortcullis } from '../support/portcullis.ts';
import { Operator } from './operator.ts';

const COMMAND = join(CLONE, 'bin/portcullis.cjs');
const ESC = '\u001b';
const ESCAPE = `${ESC}[2J`;
const RED = `${ESC}[31m`;
const PLAIN = `${ESC}[0m`;

function connection(parts: Partial<ConnectionFacts> = {}): ConnectionFacts {
  const who = { address: '203.0.113.7', port: 50_123, role: 'app', branch: 'br-main', endpoint: 'ep-main' };
  return { id: 'c-1', ...who, database: 'shop', bytesFromClient: 1, bytesFromUpstream: 2, ...parts };
}

const EVENTS: readonly AuditEvent[] = [
  { type: 'logged-in', connection: connection() },
  { type: 'logged-in', connection: connection({ role: `bad${ESCAPE}`, address: '2001:db8::1' }) },
  {
    type: 'refused',
    connection: connection({ outcome: 'refused', reason: 'address', branch: 'br-dev' }),
    count: 1,
    from: Date.now(),
    to: Date.now(),
  },
];

interface Scene {
  readonly operator: Operator;
  readonly dir: string;
  /** Opens the trail as its writer. */
  readonly open: (options?: Partial<TrailOptions>) => Promise<Trail>;
}

async function scene(t: Test): Promise<Scene> {
  const operator = await Operator.at(t);
  const dir = join(operator.folder, 'var', 'audit');
  const open = async (options: Partial<TrailOptions> = {}): Promise<Trail> =>
    await Trail.open({ dir, signingKey: await loadSigningKey(`${dir}.key`, dir), ...options });
  return { operator, dir, open };
}

async function withEvents(t: Test, options?: Partial<TrailOptions>): Promise<Scene> {
  const made = await scene(t);
  const trail = await made.open(options);
  await trail.commit(EVENTS);
  await trail.close();
  return made;
}

function jsonLines(text: string): { metadata: { sequence: number; event_code?: string } }[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const FIRST = `${segmentName(1)}.jsonl`;

t.test('verify says that a good trail is good, and how much of it there is.', async (t) => {
  const { operator } = await withEvents(t);
  const { status, stdout, stderr } = await operator.runs('audit verify');
  t.same({ status, stderr }, { status: 0, stderr: '' });
  t.match(stdout, /^ok: 3 records, 1 segment, \d+ checkpoints?\n$/);
  const json = JSON.parse((await operator.runs('audit verify -o json')).stdout);
  t.match(json, { ok: true, findings: [], summary: { records: 3, segments: 1, last: 3, unsigned: 0 } });
});

t.test('verify says what was changed, and where, with status 1.', async (t) => {
  const { operator, dir } = await withEvents(t);
  const text = await readFile(join(dir, FIRST), 'utf8');
  await writeFile(join(dir, FIRST), text.replace('203.0.113.7', '203.0.113.8'));
  const { status, stdout, stderr } = await operator.runs('audit verify');
  t.equal(status, 1);
  t.match(stderr, /^portcullis: the audit trail is not as it was written: \d+ findings?\n$/);
  t.match(stdout, /^SEGMENT +LINE +SEQUENCE +FINDING\n0{15}1 +1 /);
  const json = await operator.runs('audit verify -o json');
  t.equal(json.status, 1);
  t.match(JSON.parse(json.stdout), { ok: false, findings: [{ segment: segmentName(1), line: 1 }] });
});

t.test('verify finds a cut-off end by a checkpoint that was kept elsewhere.', async (t) => {
  const { operator, dir, open } = await withEvents(t);
  const trail = await open();
  await trail.commit(EVENTS);
  await trail.close();
  const names = (await readdir(dir)).filter((name) => name.endsWith('.checkpoints')).toSorted();
  const last = (await readFile(join(dir, names.at(-1) ?? ''), 'utf8')).trimEnd().split('\n').at(-1);
  const anchor = join(operator.folder, 'anchor');
  await writeFile(anchor, `${last}\n`);
  t.equal((await operator.runs(`audit verify --anchor ${anchor}`)).status, 0);
  const later = (await readdir(dir)).filter(
    (name) => /^\d{16}/.test(name) && !name.startsWith(segmentName(1)),
  );
  await Promise.all(later.map((name) => rm(join(dir, name))));
  t.equal((await operator.runs('audit verify')).status, 0, 'by itself a shorter trail is a good one');
  const found = await operator.runs(`audit verify --anchor ${anchor}`);
  t.equal(found.status, 1, found.stdout);
  t.match(found.stdout, /anchor/);
});

t.test(
  'verify takes a public key from elsewhere, and says what is wrong with one or with an anchor.',
  async (t) => {
    const { operator, dir } = await withEvents(t);
    const key = await readFile(`${dir}.pub`, 'utf8');
    const elsewhere = join(operator.folder, 'elsewhere.pub');
    await writeFile(elsewhere, key);
    t.equal((await operator.runs(`audit verify --public-key ${elsewhere}`)).status, 0);
    const nonsense = join(operator.folder, 'nonsense');
    await writeFile(nonsense, 'nonsense\n');
    const empty = join(operator.folder, 'empty');
    await writeFile(empty, '\n');
    const cases = [
      [`--public-key ${nonsense}`, 1, /not a key in PEM form/],
      [`--anchor ${nonsense}`, 2, /nonsense:1: the line is not JSON/],
      [`--anchor ${empty}`, 2, /holds no checkpoint/],
      [`--anchor ${operator.folder}/missing`, 2, /no such file/],
    ] as const;
    for (const [flags, status, wanted] of cases) {
      const ended = await operator.runs(`audit verify ${flags}`);
      t.equal(ended.status, status, flags);
      t.match(ended.stderr, wanted);
      t.match(ended.stderr, ONE_LINE);
    }
  },
);

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

t.test('What is typed wrongly is told in a line, with status 2.', async (t) => {
  const { operator } = await withEvents(t);
  const cases = [
    ['audit tail --since yesterday', /how long ago, as in 90m or 7d/],
    ['audit tail --since 2026-13-01', /how long ago/],
    ['audit tail -n many', /a number up to 10000/],
    ['audit tail -n 99999', /a number up to 10000/],
    ['audit tail --address nowhere', /--address/],
    ['audit tail --outcome sometimes', /Allowed choices/],
    ['audit purge', /--before or --older-than/],
    ['audit purge --before 30d --older-than 30d', /--before or --older-than/],
    ['audit purge --before 30d', /There is no terminal .*--yes/],
  ] as const;
  for (const [line, wanted] of cases) {
    const { status, stdout, stderr } = await operator.runs(line);
    t.equal(status, 2, line);
    t.match(stderr, wanted, line);
    t.match(stderr, ONE_LINE);
    t.equal(stdout, '');
  }
});

t.test('Where there is no trail, every command says so.', async (t) => {
  const { operator } = await scene(t);
  for (const line of ['verify', 'tail', 'export', 'purge --before 30d --yes']) {
    const { status, stderr } = await operator.runs(`audit ${line}`);
    t.equal(status, 1, line);
    t.match(stderr, /^portcullis: there is no audit trail at .*var\/audit: has the gateway run\?\n$/);
  }
});

t.test('export gives the records of a period as they are, and is itself on record.', async (t) => {
  const { operator, dir } = await withEvents(t);
  const original = await readFile(join(dir, FIRST), 'utf8');
  const { status, stdout } = await operator.runs('audit export');
  t.equal(status, 0);
  t.equal(stdout, original);
  t.equal((await operator.runs('audit export --since 2999-01-01')).stdout, '');
  const output = join(operator.folder, 'export.jsonl');
  const filed = await operator.runs(`audit export --until 2999-01-01 --output ${output}`);
  t.equal(filed.stdout, `5 records exported to ${output}\n`, 'with the records of the two exports before');
  t.equal((await stat(output)).mode & 0o777, 0o600);
  t.equal(jsonLines(await readFile(output, 'utf8')).length, 5);
  const again = await operator.runs(`audit export --output ${output}`);
  t.match(again, { status: 1, stderr: /is there already: name another/ });
  const told = jsonLines((await operator.runs('audit tail -o json')).stdout);
  t.equal(told.filter(({ metadata }) => metadata.event_code === 'trail-exported').length, 3);
  t.equal((await operator.runs('audit verify')).status, 0);
});

t.test('export refuses a trail that was changed, unless it is told not to mind.', async (t) => {
  const { operator, dir } = await withEvents(t);
  const text = await readFile(join(dir, FIRST), 'utf8');
  await writeFile(join(dir, FIRST), text.replace('203.0.113.7', '203.0.113.8'));
  const refused = await operator.runs('audit export');
  t.match(refused, { status: 1, stdout: '', stderr: /audit verify shows how, --unverified/ });
  const given = await operator.runs('audit export --unverified');
  t.match(given, { status: 0, stdout: /203\.0\.113\.8/ });
});

t.test('purge deletes closed files that are old enough, and is itself on record.', async (t) => {
  const { operator, dir, open } = await scene(t);
  const trail = await open({ segmentBytes: 4000 });
  for (let count = 0; count < 4; count += 1) await trail.commit(EVENTS);
  await trail.close();
  const nothing = await operator.runs('audit purge --before 2020-01-01 --yes');
  t.match(nothing, { status: 0, stdout: 'nothing is old enough\n' });
  const { status, stdout } = await operator.runs('audit purge --before 2999-01-01 --yes -o json');
  t.equal(status, 0);
  const { segments } = JSON.parse(stdout);
  t.ok(segments.length > 1);
  const left = (await readdir(dir)).filter((name) => name.endsWith('.jsonl'));
  t.notOk(left.some((name) => segments.includes(name.replace('.jsonl', ''))));
  t.match((await operator.runs('audit tail')).stdout, /trail-purged/);
  const verified = await operator.runs('audit verify');
  t.equal(verified.status, 0, verified.stdout);
});

t.test('While a gateway runs, it records and deletes, asked by the control socket.', async (t) => {
  const { operator, open } = await withEvents(t);
  const trail = await open();
  t.teardown(() => trail.close());
  const path = join(operator.folder, 'portcullis.sock');
  const locked = await operator.runs('audit export');
  t.match(locked, { status: 1, stdout: '', stderr: ONE_LINE }, 'a writer that nobody can ask');
  const admin = await AdminServer.open({ path }, { ...adminSource(), audit: trail });
  t.teardown(() => admin.close());
  t.equal(jsonLines((await operator.runs('audit export')).stdout).length, 3);
  t.match((await operator.runs('audit purge --before 2020-01-01 --yes')).stdout, 'nothing is old enough');
  const told = await operator.runs('audit tail -n 1');
  t.match(told.stdout, /trail-exported .*3 records/);
});
