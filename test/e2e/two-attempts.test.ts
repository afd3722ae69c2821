import { connect } from 'node:net';
import pg from 'pg';
import t, { type Test } from 'tap';
import { type RunningGateway, startGateway, verifierOf } from '../support/gateway.ts';
import type { LogLine } from '../support/portcullis.ts';
import { startEmbedded } from '../support/postgres.ts';
import { psql, psqlAtTerminal } from '../support/psql.ts';

const PASSWORD = 'open sesame';

const verifier = await verifierOf(PASSWORD);
const database = await startEmbedded(t, { bootstrapSql: [`CREATE ROLE app LOGIN PASSWORD '${verifier}'`] });

/** A gateway of the test's own: what its log counts is the test's doing. */
async function open(t: Test): Promise<RunningGateway> {
  const upstream = { host: database.socketDir, port: database.port };
  const branch = { id: 'br-main', name: 'main', default: true, upstream, roles: [{ name: 'app', verifier }] };
  return await startGateway(t, { projects: [{ id: 'shop', branches: [branch] }] });
}

/** So many connections, once they have ended, as the log tells them. */
async function connections(gateway: RunningGateway, count: number): Promise<LogLine[]> {
  const found = (): LogLine[] => gateway.log().filter(({ msg }) => msg === 'connection');
  await gateway.child.until(`${count} connections`, () => found().length >= count);
  return found();
}

const who = { user: 'app', password: PASSWORD, dbname: 'postgres' };
/** As long as a person says nothing of channel binding and of verifying. */
const carefree = { channel_binding: 'prefer', sslmode: 'prefer', sslrootcert: '' };

t.test('With sslmode=prefer, a wrong password is tried again in plain text, and counts once.', async (t) => {
  const gateway = await open(t);
  const way = gateway.way({ ...who, ...carefree, password: 'guess' });
  const seen = await psql(way, ['-c', 'SELECT 1']);
  t.equal(seen.status, 2);
  t.match(seen.stderr, /FATAL: {2}password authentication failed for user "app"\n/);
  t.match(seen.stderr, /FATAL: {2}connection is insecure \(try using "sslmode=require"\)\n/);
  const [first, second, ...more] = await connections(gateway, 2);
  t.match(first, { outcome: 'refused', reason: 'password' });
  t.match(second, { outcome: 'refused', reason: 'no-tls' });
  t.equal(more.length, 0);
});

t.test('With sslmode=allow, the plain attempt comes first and the second one is let in.', async (t) => {
  const gateway = await open(t);
  const way = gateway.way({ ...who, ...carefree, sslmode: 'allow' });
  t.match(await psql(way, ['-c', 'SELECT 1']), { status: 0, stdout: '1\n' });
  const [first, second] = await connections(gateway, 2);
  t.match(first, { outcome: 'refused', reason: 'no-tls' });
  t.match(second, { outcome: 'closed' });
});

t.test(
  'psql without a password at hand leaves, asks for it, and comes again: no failed login.',
  async (t) => {
    const gateway = await open(t);
    const { password, ...way } = gateway.way(who);
    const child = await psqlAtTerminal(t, way);
    await child.until('the question', () => child.stdout.includes('Password for user app:'));
    const [first] = await connections(gateway, 1);
    t.match(first, { outcome: 'abandoned', reason: 'client-left', role: 'app' });
    child.type(`${password}\n`);
    await child.until('the prompt', () => child.stdout.includes('postgres=> '));
    child.type("SELECT 'let' || ' in';\n\\q\n");
    t.match(await child.ended, { status: 0, stdout: /let in/ });
    t.match((await connections(gateway, 2))[1], { outcome: 'closed' });
  },
);

t.test('psql that may not ask, and pg without a password, are no failed logins either.', async (t) => {
  const gateway = await open(t);
  const { password: _, ...way } = gateway.way(who);
  const seen = await psql(way, ['-c', 'SELECT 1']);
  t.match(seen, { status: 2, stderr: /fe_sendauth: no password supplied/ });
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'app',
    database: 'postgres',
    ssl: { rejectUnauthorized: false },
  });
  await t.rejects(client.connect(), /client password must be a string/);
  await client.end();
  const [first, second] = await connections(gateway, 2);
  t.match(first, { outcome: 'abandoned', reason: 'client-left' });
  // It takes its leave by a Terminate, which is out of order there.
  t.match(second, { outcome: 'refused', reason: 'protocol' });
});

t.test('A port scan, a TLS scan and a browser leave a line each, and no error.', async (t) => {
  const gateway = await open(t);
  for (const greeting of ['', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', '\x16\x03\x01nonsense']) {
    const socket = connect(gateway.port, '127.0.0.1').resume();
    socket.end(greeting, 'latin1');
    await new Promise((resolve) => socket.once('close', resolve).on('error', () => {}));
  }
  const lines = await connections(gateway, 3);
  t.strictSame(
    lines.map(({ outcome }) => outcome),
    ['abandoned', 'refused', 'refused'],
  );
  t.strictSame(
    gateway.log().filter(({ level }) => level === 'error'),
    [],
  );
});
