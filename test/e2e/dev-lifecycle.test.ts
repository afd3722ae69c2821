import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { startChild } from '../support/child.ts';
import {
  CLONE,
  complaintOf,
  devLine,
  ONE_LINE,
  PLAIN_ENV,
  portcullis,
  startDev,
  startPortcullis,
} from '../support/portcullis.ts';
import { passableFolder } from '../support/postgres.ts';
import { processesIn, processesLeftIn } from '../support/processes.ts';
import { ask, startPsql } from '../support/psql.ts';

/** The life of one folder: most tests find what the one before has left. */
const dir = join(await passableFolder(t), 'dev');

/** What the folder's first start made. */
const made = { authority: '', password: '' };

/** The first line of the database's own file about itself. */
async function databasePid(): Promise<number> {
  return Number.parseInt(await readFile(join(dir, 'postgres/data/postmaster.pid'), 'utf8'), 10);
}

/** Not whatever comes first: a shell that starts Bun is a second process for a moment, too. */
const isDatabase = (each: string): boolean => /\/(?:initdb|postgres) /.test(each);

t.test('Ctrl-C while the database is being made leaves no process behind.', async (t) => {
  const child = startPortcullis(t, ['dev', '--json', '--port', '0', '--dir', dir], { group: true });
  while (!(await processesIn(dir)).some(isDatabase)) await setTimeout(20);
  child.killGroup('SIGINT');
  t.match(await child.ended, { status: 1, stdout: '', stderr: /^portcullis: stopped by SIGINT\n$/ });
  t.strictSame(await processesLeftIn(dir), []);
});

t.test('Then nothing is in the way of a start; what is secret in the folder is private.', async (t) => {
  const { connection, child } = await startDev(t, { dir });
  await ask(connection.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  made.authority = await readFile(connection.ca, 'utf8');
  made.password = connection.password;
  for (const name of ['credentials.json', 'catalog.yaml', 'catalog.key', 'certs/server.key', 'certs/ca.key'])
    t.equal((await stat(join(dir, name))).mode & 0o777, 0o600, name);
  t.equal(await readFile(join(dir, '.gitignore'), 'utf8'), '*\n');

  await t.test('A second dev on it is told who has it, and leaves the first alone.', async (t) => {
    const second = await portcullis(['dev', '--json', '--port', '0', '--dir', dir]);
    t.match(second, { status: 1, stdout: '' });
    t.match(complaintOf(second), ONE_LINE);
    t.match(second.stderr, `another portcullis dev (pid ${child.pid}) uses ${dir}`);
    t.equal(await ask(connection.url, 'SELECT 1'), '1');
  });

  await t.test('Another instance beside it has a port, a password and data of its own.', async (t) => {
    const other = (await startDev(t)).connection;
    t.not(other.port, connection.port);
    t.not(other.password, connection.password);
    t.equal(await ask(other.url, "SELECT to_regclass('kept') IS NULL"), 't');
    t.equal(await ask(connection.url, 'SELECT answer FROM kept'), '42');
  });
  t.equal((await child.leave()).status, 0);
});

t.test('The next start finds login, authority and data; Ctrl-C leaves no process behind.', async (t) => {
  const { child, connection } = await startDev(t, { dir, group: true });
  t.equal(connection.password, made.password);
  t.equal(await readFile(connection.ca, 'utf8'), made.authority);
  t.equal(await ask(connection.url, 'SELECT answer FROM kept'), '42');
  t.ok((await processesIn(dir)).length > 5, 'the gateway and the processes of its database');
  const session = await startPsql(t, connection.url, ['-c', 'SELECT 1', '-c', 'SELECT pg_sleep(600)']);
  await session.until('the first answer', () => session.stdout.includes('1\n'));
  child.killGroup('SIGINT');
  t.match(await child.ended, { status: 0 });
  t.match(await session.ended, {
    status: 2,
    stderr: /FATAL: {2}terminating connection due to administrator command/,
  });
  t.strictSame(await processesLeftIn(dir), []);
});

t.test('npm start prints the one line, and nothing else; Ctrl-C leaves no process behind.', async (t) => {
  const args = ['start', '--silent', '--', '--json', '--port', '0', '--dir', dir];
  const env = { ...PLAIN_ENV, HOME: t.testdir(), npm_config_update_notifier: 'false' };
  const child = startChild(t, 'npm', args, { cwd: CLONE, env, group: true });
  const { url } = await devLine(child);
  t.equal(await ask(url, 'SELECT answer FROM kept'), '42');
  child.killGroup('SIGINT');
  t.equal((await child.ended).stdout.split('\n').length, 2);
  t.strictSame(await processesLeftIn(dir), []);
});

t.test('A port in use is named, and nothing is left running.', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const ended = await portcullis(['dev', '--json', '--port', `${port}`, '--dir', dir]);
  t.match(ended, { status: 1, stdout: '' });
  t.match(complaintOf(ended), ONE_LINE);
  t.match(ended.stderr, `cannot listen on 127.0.0.1:${port}: the address is in use`);
  t.strictSame(await processesIn(dir), []);
});

t.test('A gateway that was killed is not in the way of the next, which has its data.', async (t) => {
  const { child } = await startDev(t, { dir });
  const orphan = await databasePid();
  await child.leave('SIGKILL');
  t.ok(
    (await processesIn(dir)).some((each) => each.startsWith(`${orphan} `)),
    'its database goes on',
  );
  const next = await startDev(t, { dir });
  t.not(await databasePid(), orphan);
  t.equal(await ask(next.connection.url, 'SELECT answer FROM kept'), '42');
});

t.test('A database that ends by itself ends dev, which says so.', async (t) => {
  const { child } = await startDev(t, { dir });
  process.kill(await databasePid(), 'SIGQUIT');
  const { status, stderr } = await child.ended;
  t.equal(status, 1);
  t.match(stderr, /^portcullis: the database ended by itself: start again, its data is kept$/m);
  t.strictSame(await processesLeftIn(dir), []);
});
