import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { type Child, startChild } from '../support/child.ts';
import { type LogLine, startDev } from '../support/portcullis.ts';
import {
  ask,
  clientEnv,
  clientProgram,
  type Libpq,
  psql,
  psqlAtTerminal,
  startPsql,
} from '../support/psql.ts';

const { connection, log } = await startDev(t);
const { url } = connection;

const CANCELED = /ERROR: {2}canceling statement due to user request/;

/** A session that looks at the others. */
const watcher = new pg.Client({ connectionString: url });
await watcher.connect();
t.teardown(() => watcher.end());

async function isRunning(statement: string): Promise<boolean> {
  const sql = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query IN ($1, $1 || ';')";
  return (await watcher.query(sql, [statement])).rows.length > 0;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await setTimeout(10);
}

/** The last line of the log of this kind, once there is one. */
async function lastLine(kind: string): Promise<LogLine | undefined> {
  const found = (): LogLine | undefined => log().findLast((line) => line['kind'] === kind);
  await until(async () => found() !== undefined);
  return found();
}

async function terminal(t: Test, libpq: Libpq, target: string): Promise<Child> {
  const child = await psqlAtTerminal(t, target, { libpq });
  await child.until('the prompt', () => child.stdout.includes('app=> '));
  return child;
}

const CTRL_C = '\x03';

for (const libpq of [15, 18] as const) {
  t.test(`Ctrl-C in psql with libpq ${libpq} cancels what runs, and the session goes on.`, async (t) => {
    const statement = `SELECT pg_sleep(${600 + libpq})`;
    const child = await terminal(t, libpq, libpq === 15 ? url : `${url}&min_protocol_version=3.2`);
    child.type(`${statement};\n`);
    await until(() => isRunning(statement));
    child.type(CTRL_C);
    await child.until('the cancel', () => CANCELED.test(child.stdout));
    await until(async () => !(await isRunning(statement)));
    child.type("SELECT 'still' || ' here';\n\\q\n");
    t.match(await child.ended, { status: 0, stdout: /still here/ });
    t.match(await lastLine('cancel'), { outcome: 'canceled', branch: connection.branch });
  });
}

t.test(
  'Ctrl-C ends \\watch, between two of its statements and in one, and the session goes on.',
  async (t) => {
    const child = await terminal(t, 15, url);
    child.type("SELECT 'seen' || ' it' \\watch 0.2\n");
    await child.until('three turns', () => child.stdout.split('seen it').length > 3);
    child.type(CTRL_C);
    child.type("SELECT 'still' || ' here';\n");
    await child.until('the next answer', () => child.stdout.includes('still here'));
    child.type('SELECT pg_sleep(622)\\watch 0.2\n');
    await until(() => isRunning('SELECT pg_sleep(622)'));
    child.type(CTRL_C);
    // What psql says of it depends on the moment.
    await until(async () => !(await isRunning('SELECT pg_sleep(622)')));
    child.type("SELECT 'even' || ' now';\n\\q\n");
    t.match(await child.ended, { status: 0, stdout: /even now/ });
  },
);

t.test('A cancel from a script hits its own session, and no other.', async (t) => {
  const other = await startPsql(t, url, ['-c', 'SELECT pg_sleep(623)']);
  await until(() => isRunning('SELECT pg_sleep(623)'));
  const child = await startPsql(t, url, ['-c', 'SELECT pg_sleep(624)']);
  await until(() => isRunning('SELECT pg_sleep(624)'));
  child.kill('SIGINT');
  t.match(await child.ended, { status: 1, stderr: CANCELED });
  t.ok(await isRunning('SELECT pg_sleep(623)'));
  other.kill('SIGINT');
  t.match(await other.ended, { status: 1, stderr: CANCELED });
});

t.test('statement_timeout and pg_terminate_backend arrive as they are.', async (t) => {
  const slow = await psql(url, ['-c', "SET statement_timeout = '50ms'", '-c', 'SELECT pg_sleep(600)']);
  t.match(slow, { status: 1, stderr: /ERROR: {2}canceling statement due to statement timeout/ });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const ended = new Promise((resolve) => client.on('error', resolve));
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  t.equal(await ask(url, `SELECT pg_terminate_backend(${rows[0].pid})`), 't');
  t.match(await ended, { code: '57P01', severity: 'FATAL', routine: 'ProcessInterrupts' });
});

t.test('A client that is killed leaves no session upstream, idle or in the middle of a flood.', async (t) => {
  const states = async (): Promise<unknown[]> => {
    const sql = "SELECT state FROM pg_stat_activity WHERE application_name = 'doomed'";
    return (await watcher.query(sql)).rows.map(({ state }) => state);
  };
  // Within SELECT the function is asked row by row; in FROM it would be run to its end first.
  const numbers = 'SELECT generate_series(1, 100000000) AS n';
  const flood = `COPY (SELECT repeat(md5(n::text), 30) FROM (${numbers}) AS numbers) TO STDOUT`;
  for (const [statement, state] of [
    ['SELECT 1', 'idle'],
    [flood, 'active'],
  ] as const) {
    const args = ['-XAtwq', '-o', '/dev/null', '-d', `${url}&application_name=doomed`];
    const child = startChild(t, await clientProgram('psql'), args, { env: await clientEnv(), open: true });
    child.type(`${statement};\n`);
    await until(async () => (await states()).includes(state));
    child.kill('SIGKILL');
    await child.ended;
    await until(async () => (await states()).length === 0);
  }
  const doomed = (): LogLine[] => log().filter((line) => line['application'] === 'doomed');
  await until(async () => doomed().length === 2);
  const ending = { outcome: 'closed', reason: 'client-left' };
  t.match(doomed(), [ending, ending]);
});
