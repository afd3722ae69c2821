import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { type Ended, run } from '../support/child.ts';
import {
  CLONE,
  complaintOf,
  ONE_LINE,
  PLAIN_ENV,
  portcullis,
  startDev,
  startPortcullis,
} from '../support/portcullis.ts';
import { passableFolder } from '../support/postgres.ts';
import { processesLeftIn } from '../support/processes.ts';
import { ask, psql } from '../support/psql.ts';

/** The machine's own Node, where npm has brought a newer one. */
const GLOBAL_NODE = '/usr/bin/node';
const NODE_IS_OLD = /^portcullis: Node\.js 24 or later is needed, this is v\d+[^\n]+npm start[^\n]+\n$/;

/** One folder for all runs of a command: its database is made once. */
const folder = await passableFolder(t);
const dir = join(folder, 'dev');

async function runCommand(command: string): Promise<Ended> {
  return await portcullis(['dev', '--port', '0', '--dir', dir, '--run', command]);
}

t.test('--run gives the command a way in, leaves stdout to it and takes its exit status.', async (t) => {
  const psql = 'psql -XAtwc "SELECT current_user" ';
  const { status, stdout, stderr } = await runCommand(
    `env | grep -E '^(PG|DATABASE)' | sort; ${psql}; exit 7`,
  );
  t.equal(status, 7);
  const variables = stdout.split('\n').slice(0, -2);
  const named = Object.fromEntries(variables.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const ca = join(dir, 'certs/ca.crt');
  t.match(named, { PGHOST: 'localhost', PGUSER: 'app', PGDATABASE: 'app', PGPORT: /^\d+$/ });
  t.match(named, { PGSSLMODE: 'verify-full', PGSSLROOTCERT: ca, PGCHANNELBINDING: 'require' });
  t.match(named['DATABASE_URL'], `:${named['PGPASSWORD']}@localhost:${named['PGPORT']}/app?`);
  t.equal(stdout.split('\n').at(-2), 'app', 'what the PG variables lead to');
  t.notMatch(stderr, named['PGPASSWORD'] ?? 'a password', 'no password on stderr');
  t.strictSame(await processesLeftIn(dir), []);
});

t.test('--run says how a command ended by a signal, as a shell does.', async (t) => {
  t.match(await runCommand('psql -XAtwc "SELECT 1" "$DATABASE_URL"; kill -KILL $$'), {
    status: 137,
    stdout: '1\n',
  });
  t.match(await runCommand('no-such-command'), { status: 127, stdout: '' });
});

t.test('SIGTERM to dev ends the command that it runs, and everything else.', async (t) => {
  const child = startPortcullis(t, [
    'dev',
    '--port',
    '0',
    '--dir',
    dir,
    '--run',
    'echo here; exec sleep 600',
  ]);
  await child.until('the command', () => child.stdout.includes('here'));
  t.equal((await child.leave()).status, 128 + 15);
  t.strictSame(await processesLeftIn(dir), []);
});

t.test('Without --json, a person reads a psql command that works.', async (t) => {
  const child = startPortcullis(t, ['dev', '--port', '0', '--dir', dir]);
  await child.until('the welcome', () => child.stdout.includes('Ctrl-C'));
  const command = /^ {2}psql "(postgresql:[^"]+)"$/m.exec(child.stdout)?.[1] ?? '';
  t.equal(await ask(command, 'SELECT 1'), '1');
  t.match(await child.leave('SIGINT'), { status: 0 });
});

t.test('--allow writes the list; the gate keeps to it, over restarts and edits.', async (t) => {
  const allowed = await startDev(t, { dir, args: ['--allow', '127.0.0.1', '::1', '--allow', '10.0.0.0/8'] });
  const { url } = allowed.connection;
  t.equal(await ask(url, 'SELECT 1'), '1');
  await allowed.child.leave();
  const shut = await startDev(t, { dir, args: ['--allow', '203.0.113.0/24,2001:db8::/32'] });
  const catalog = join(dir, 'catalog.yaml');
  t.match(await readFile(catalog, 'utf8'), /203\.0\.113\.0\/24\n\s+- 2001:db8::\/32\n/);
  const refused = await psql(shut.connection.url, ['-c', 'SELECT 1']);
  t.match(refused, { status: 2, stderr: /FATAL: {2}This IP address (127\.0\.0\.1|::1) is not allowed/ });
  await shut.child.leave();
  const again = await startDev(t, { dir });
  t.equal((await psql(again.connection.url, ['-c', 'SELECT 1'])).status, 2, 'a later start keeps it');
  const text = await readFile(catalog, 'utf8');
  await writeFile(catalog, text.replace('203.0.113.0/24', '127.0.0.0/8').replace('2001:db8::/32', '::1'));
  await again.child.until('the reload', () => again.child.stderr.includes('catalog read again'));
  t.equal(await ask(again.connection.url, 'SELECT 1'), '1');
  await again.child.leave();
});

t.test('What is wrong with a command line is said in a line, with exit status 2.', async (t) => {
  const lines: readonly (readonly [string[], RegExp])[] = [
    [['dev', '--prot', '1'], /unknown option '--prot' \(Did you mean --port\?\)/],
    [['dev', '--port', '70000'], /--port[^\n]*0 to 65535/],
    [['dev', '--port'], /'--port <port>' argument missing/],
    [['dve'], /unknown command 'dve' \(Did you mean dev\?\)/],
    [['dev', 'extra'], /too many arguments/],
    [['start', '--config', 'a.yaml', '--dir', 'b'], /give --config or --dir, not both/],
  ];
  for (const [args, what] of lines) {
    const ended = await portcullis(args, { cwd: folder });
    t.match(ended, { status: 2, stdout: '', stderr: what }, args.join(' '));
    t.match(complaintOf(ended), ONE_LINE, args.join(' '));
  }
});

t.test('--allow says which entry is wrong, and starts nothing.', async (t) => {
  const ended = await portcullis([
    'dev',
    '--port',
    '0',
    '--dir',
    join(folder, 'new'),
    '--allow',
    '10.0.0.300',
  ]);
  t.match(ended, { status: 2, stdout: '', stderr: /10\.0\.0\.300/ });
  t.match(complaintOf(ended), ONE_LINE);
  t.notOk(existsSync(join(folder, 'new')));
});

t.test('--help and --version are on stdout, with exit status 0.', async (t) => {
  const { version } = JSON.parse(await readFile(join(CLONE, 'package.json'), 'utf8'));
  t.strictSame(await portcullis(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
  t.match(await portcullis(['dev', '--help']), { status: 0, stdout: /--upstream <url>/, stderr: '' });
});

t.test('An old Node is told which one is needed.', async (t) => {
  const command = join(CLONE, 'bin/portcullis.cjs');
  // One that calls itself old, for machines that have none.
  const older = join(
    t.testdir({
      'older.cjs':
        "Object.defineProperty(process, 'version', { value: 'v18.0.0' });\nObject.defineProperty(process.versions, 'node', { value: '18.0.0' });\n",
    }),
    'older.cjs',
  );
  const disguised = await run(process.execPath, ['--require', older, command, 'dev'], { env: PLAIN_ENV });
  t.match(disguised, { status: 2, stdout: '', stderr: NODE_IS_OLD });
  if (!existsSync(GLOBAL_NODE)) return;
  // tap's coverage would be loaded into it, which it may be too old for.
  const clean = ['-u', 'NODE_OPTIONS', GLOBAL_NODE];
  const { stdout } = await run('/usr/bin/env', [...clean, '--version'], { env: PLAIN_ENV });
  if (Number.parseInt(stdout.slice(1), 10) >= 24) return;
  const ended = await run('/usr/bin/env', [...clean, command, 'dev'], { env: PLAIN_ENV });
  t.match(ended, { status: 2, stdout: '', stderr: NODE_IS_OLD });
});
