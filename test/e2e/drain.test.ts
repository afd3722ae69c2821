import pg from 'pg';
import t, { type Test } from 'tap';
import { type RunningGateway, startGateway, verifierOf } from '../support/gateway.ts';
import { startEmbedded } from '../support/postgres.ts';
import { ask, type Conninfo, psql, startPsql } from '../support/psql.ts';

const PASSWORD = 'open sesame';
const SHUTDOWN = 'terminating connection due to administrator command';
const DRAIN_MS = 1000;

const verifier = await verifierOf(PASSWORD);
const database = await startEmbedded(t, { bootstrapSql: [`CREATE ROLE app LOGIN PASSWORD '${verifier}'`] });
const projects = [
  {
    id: 'shop',
    branches: [
      {
        id: 'br-main',
        name: 'main',
        default: true,
        endpoints: [{ id: 'ep-main' }],
        upstream: { host: database.socketDir, port: database.port },
        roles: [{ name: 'app', verifier }],
      },
    ],
  },
];

async function open(t: Test, drain: string): Promise<{ gateway: RunningGateway; way: Conninfo }> {
  const gateway = await startGateway(t, { projects, config: { drain } });
  return { gateway, way: gateway.way({ user: 'app', password: PASSWORD, dbname: 'postgres' }) };
}

/** Sessions of role app upstream. */
async function sessionsUpstream(): Promise<string> {
  const superuser = { host: database.socketDir, port: database.port, user: 'postgres', dbname: 'postgres' };
  return await ask(superuser, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'");
}

t.test('SIGTERM lets sessions end for a while, then cuts the idle and the busy with 57P01.', async (t) => {
  const { gateway, way } = await open(t, `${DRAIN_MS}ms`);
  const idle = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'app',
    password: PASSWORD,
    database: 'postgres',
    ssl: { rejectUnauthorized: false },
  });
  await idle.connect();
  const cut = new Promise((resolve) => idle.on('error', resolve));
  const busy = await startPsql(t, way, ['-c', "SELECT 'begun'", '-c', 'SELECT pg_sleep(600)']);
  await busy.until('its first answer', () => busy.stdout.includes('begun'));

  const started = performance.now();
  gateway.child.kill('SIGTERM');
  await gateway.logged('the drain', ({ msg }) => msg === 'draining');
  t.match(await psql(way, ['-c', 'SELECT 1']), { status: 2, stderr: /Connection refused/ });
  t.strictSame((await idle.query('SELECT 1 AS n')).rows, [{ n: 1 }], 'a session goes on meanwhile');

  t.match(await cut, { severity: 'FATAL', code: '57P01', message: SHUTDOWN });
  t.match(await busy.ended, { status: 2, stderr: `FATAL:  ${SHUTDOWN}\n` });
  t.ok(performance.now() - started > DRAIN_MS * 0.9);
  t.equal((await gateway.child.ended).status, 0);
  t.equal(gateway.log().at(-1)?.['msg'], 'stopped');
  t.equal(gateway.log().filter(({ outcome, reason }) => outcome === 'cut' && reason === 'drain').length, 2);
  t.equal(await sessionsUpstream(), '0', 'what was busy was canceled upstream');
  await idle.end();
});

t.test('A gateway whose sessions have ended does not wait any longer.', async (t) => {
  const { gateway, way } = await open(t, '1h');
  const last = await startPsql(t, way, ['-c', "SELECT 'begun'", '-c', "SELECT 'done' FROM pg_sleep(0.5)"]);
  await last.until('its first answer', () => last.stdout.includes('begun'));
  gateway.child.kill('SIGINT');
  t.match(await last.ended, { status: 0, stdout: 'begun\ndone\n' });
  t.equal((await gateway.child.ended).status, 0);
  t.match(
    gateway.log().findLast(({ kind }) => kind === 'session'),
    { outcome: 'closed' },
  );
});

t.test('A second signal is for the impatient.', async (t) => {
  const { gateway, way } = await open(t, '1h');
  const session = await startPsql(t, way, ['-c', "SELECT 'begun'", '-c', 'SELECT pg_sleep(600)']);
  await session.until('its first answer', () => session.stdout.includes('begun'));
  gateway.child.kill('SIGTERM');
  await gateway.logged('the drain', ({ msg }) => msg === 'draining');
  // An echo of the first, which npm sends, is none: it comes at once.
  await new Promise((resolve) => setTimeout(resolve, 600));
  gateway.child.kill('SIGTERM');
  t.equal((await gateway.child.ended).status, 1);
  t.equal((await session.ended).status, 2);
});
