import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { startGateway, verifierOf } from '../support/gateway.ts';
import { startEmbedded } from '../support/postgres.ts';
import { ask, psql } from '../support/psql.ts';
import { RawClient } from '../support/raw-client.ts';

const PASSWORD = 'open sesame';
const DEADLINE_MS = 2000;
/** The kernel's own clock and ours need not agree to the millisecond. */
const NEARLY = 0.9;
const TIMEOUT = 'canceling authentication due to timeout';
const UNREACHABLE = 'upstream is not reachable, try again later';

/** Hands every connection on; closed with the test. @returns its port. */
async function serve(t: Test, take: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => {}));
    take(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const verifier = await verifierOf(PASSWORD);
const database = await startEmbedded(t, { bootstrapSql: [`CREATE ROLE app LOGIN PASSWORD '${verifier}'`] });
const silentUpstream = await serve(t, (socket) => socket.resume());

const branch = (name: string, upstream: object, isDefault = false): object => ({
  id: `br-${name}`,
  name,
  default: isDefault,
  endpoints: [{ id: `ep-${name}` }],
  upstream,
  roles: [{ name: 'app', verifier }],
});
const gateway = await startGateway(t, {
  config: { limits: { handshake_timeout: `${DEADLINE_MS}ms` } },
  projects: [
    {
      id: 'shop',
      branches: [
        branch('main', { host: database.socketDir, port: database.port }, true),
        branch('silent', { host: '127.0.0.1', port: silentUpstream, sslmode: 'disable' }),
        branch('hushed', { host: '127.0.0.1', port: silentUpstream }),
      ],
    },
  ],
});
const way = gateway.way({ user: 'app', password: PASSWORD, dbname: 'postgres' });
const pgWay = { host: '127.0.0.1', port: gateway.port, user: 'app', database: 'postgres' };
const ssl = { rejectUnauthorized: false };

/** Runs at the same time as the others: each only waits. */
const atOnce = { buffered: true };
t.jobs = 8;

async function elapsed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

t.test('psql whose network stalls in the middle of its login reads why it was cut.', atOnce, async (t) => {
  // SSLRequest, ClientHello and Finished pass; what follows is lost on the way.
  const port = await serve(t, (socket) => {
    const gate = connect(gateway.port, '127.0.0.1').on('error', () => socket.destroy());
    let chunks = 0;
    socket.on('data', (chunk) => {
      chunks += 1;
      if (chunks <= 3) gate.write(chunk);
    });
    gate.pipe(socket);
  });
  const spent = await elapsed(async () => {
    const seen = await psql({ ...way, port }, ['-c', 'SELECT 1']);
    t.match(seen, { status: 2, stderr: ` failed: FATAL:  ${TIMEOUT}\n` });
  });
  t.ok(spent > DEADLINE_MS * NEARLY, `${spent} ms`);
});

t.test('pg that waits too long for its password reads why it was cut.', atOnce, async (t) => {
  const client = new pg.Client({
    ...pgWay,
    ssl,
    password: async () => await setTimeout(2 * DEADLINE_MS, PASSWORD),
  });
  client.on('error', () => {});
  await t.rejects(client.connect(), { severity: 'FATAL', code: '57014', message: TIMEOUT });
  await client.end();
});

t.test('Silence is answered by silence: after accept, and after SSLRequest.', atOnce, async (t) => {
  const quiet = await RawClient.connect(gateway.port);
  const asking = await RawClient.connect(gateway.port);
  asking.send(Buffer.from('0000000804d2162f', 'hex'));
  t.equal((await asking.inbox.read(1)).toString(), 'S');
  const spent = await elapsed(async () => {
    t.equal((await quiet.closed()).length, 0);
    t.equal((await asking.closed()).length, 0);
  });
  t.ok(spent > DEADLINE_MS * NEARLY, `${spent} ms`);
});

for (const endpoint of ['ep-silent', 'ep-hushed']) {
  t.test(`An upstream that says nothing is out of reach: ${endpoint}.`, atOnce, async (t) => {
    const options = `endpoint=${endpoint}`;
    const seen = await psql({ ...way, options }, ['-c', 'SELECT 1']);
    t.match(seen, { status: 2, stderr: ` failed: FATAL:  ${UNREACHABLE}\n` });
    const client = new pg.Client({ ...pgWay, options, ssl, password: PASSWORD });
    await t.rejects(client.connect(), { severity: 'FATAL', code: '57P03', message: UNREACHABLE });
    await client.end();
  });
}

t.test('Meanwhile, and long after it was let in, another client is served.', atOnce, async (t) => {
  const seconds = (DEADLINE_MS / 1000) * 2;
  t.equal(await ask(way, `SELECT 'served' FROM pg_sleep(${seconds})`), 'served');
});
