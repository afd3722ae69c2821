import { chmod, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { makeGatewayFolder, portsOf, startGateway, startIn, verifierOf } from '../support/gateway.ts';
import { PLAIN_ENV, portcullis, startPortcullis } from '../support/portcullis.ts';
import { passableFolder, startEmbedded } from '../support/postgres.ts';
import { processesLeftIn } from '../support/processes.ts';
import { ask, type Conninfo, psql } from '../support/psql.ts';

const PASSWORD = 'open sesame';
const verifier = await verifierOf(PASSWORD);
const database = await startEmbedded(t, {
  bootstrapSql: [
    `CREATE ROLE app LOGIN PASSWORD '${verifier}'`,
    "CREATE ROLE reader LOGIN PASSWORD 'read only'",
    'GRANT SELECT ON pg_authid TO reader',
    'CREATE DATABASE shop OWNER app',
  ],
});
const upstream = { host: database.socketDir, port: database.port };
const main = {
  id: 'br-main',
  name: 'main',
  default: true,
  endpoints: [{ id: 'ep-main' }],
  upstream,
  roles: [{ name: 'app', verifier }],
};
const projects = [{ id: 'shop', branches: [main] }];
const who = { user: 'app', password: PASSWORD, dbname: 'shop' };

const gateway = await startGateway(t, { projects });

async function admin(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`http://127.0.0.1:${gateway.adminPort}${path}`, { headers });
}

/** The value of one figure of /metrics. */
async function figure(name: string): Promise<number> {
  const text = await (await admin('/metrics')).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

t.test(
  '/livez, /readyz and `portcullis health` say that all is well, without asking the database.',
  async (t) => {
    for (const path of ['/livez', '/readyz']) {
      const response = await admin(path);
      t.equal(response.status, 200, path);
      t.match(await response.json(), { status: 'ok' });
    }
    t.match(await (await admin('/readyz')).json(), {
      checks: { listening: true, catalog: true, certificates: true },
    });
    t.strictSame(await portcullis(['health', '--dir', gateway.dir]), {
      status: 0,
      stdout: 'ok\n',
      stderr: '',
    });
    t.equal((await admin('/nothing')).status, 404);
    const before = database.logged.length;
    await admin('/readyz');
    t.equal(database.logged.length, before);
  },
);

t.test('/metrics moves with what happens, and names no role, database or address.', async (t) => {
  const closed = 'portcullis_connections_total{outcome="closed",reason="client-left"}';
  const wrong = 'portcullis_connections_total{outcome="refused",reason="password"}';
  const bytes = 'portcullis_relayed_bytes_total{from="upstream"}';
  const names = [closed, wrong, bytes, 'portcullis_login_duration_seconds_count'];
  const before = await Promise.all(names.map(figure));
  t.equal(await ask(gateway.way(who), 'SELECT count(*) FROM generate_series(1, 5)'), '5');
  await ask(gateway.way(who), "SELECT repeat('x', 100000)");
  await psql(gateway.way({ ...who, password: 'guess' }), ['-c', 'SELECT 1']);
  const count = (): number => gateway.log().filter(({ msg }) => msg === 'connection').length;
  await gateway.child.until('three lines', () => count() >= 3);
  const [closedNow, wrongNow, bytesNow, loginsNow] = await Promise.all(names.map(figure));
  t.equal(closedNow, (before[0] || 0) + 2);
  t.equal(wrongNow, (before[1] || 0) + 1);
  t.ok((bytesNow ?? 0) > (before[2] ?? 0) + 100_000);
  t.equal(loginsNow, (before[3] || 0) + 3);
  t.equal(await figure('portcullis_live_sessions'), 0);
  const text = await (await admin('/metrics')).text();
  t.match(text, /portcullis_handshake_duration_seconds_bucket\{le="0\.05"\}/);
  t.match(text, /portcullis_upstream_connect_duration_seconds_count 2\n/);
  t.match(text, /portcullis_nodejs_eventloop_lag/);
  t.notMatch(text, /"app"|"shop"|127\.0\.0\.1/);
});

t.test('The admin listener answers to names of loopback alone.', async (t) => {
  const rebound = await askAs('attacker.example');
  t.match(rebound, /^HTTP\/1\.1 421 /);
  t.match(await askAs('localhost'), /^HTTP\/1\.1 200 /);
});

/** Asks for /livez under another name, as a page would that has rebound its own. */
async function askAs(host: string): Promise<string> {
  const socket = connect(gateway.adminPort, '127.0.0.1').setEncoding('latin1');
  socket.end(`GET /livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

t.test('`portcullis connection-string` prints what leads in, but for the password.', async (t) => {
  const dir = await makeGatewayFolder(t, {
    projects,
    config: { public: { domain: 'db.example.com', port: 5432 } },
  });
  const args = ['connection-string', '--dir', dir];
  const printed = await portcullis([...args, 'main', '--role-name', 'app', '--database-name', 'shop']);
  const expected =
    'postgresql://app@ep-main.db.example.com:5432/shop?sslmode=verify-full&channel_binding=require';
  t.strictSame(printed, { status: 0, stdout: `${expected}\n`, stderr: '' });
  const local = printed.stdout.trim().replace(':5432', `:${gateway.port}`);
  const way = `${local}&hostaddr=127.0.0.1&sslrootcert=${encodeURIComponent(gateway.ca)}`;
  const answer = await psql(way, ['-c', 'SELECT current_database()'], { env: { PGPASSWORD: PASSWORD } });
  t.match(answer, { status: 0, stdout: 'shop\n' });
  const unknown = await portcullis([...args, 'nowhere']);
  t.match(unknown, { status: 2, stdout: '', stderr: /^portcullis: give a branch: [^\n]*main\n$/ });
});

t.test('`portcullis check` says ok, or what is wrong and where, and changes nothing.', async (t) => {
  t.match(await portcullis(['check', '--dir', gateway.dir]), { status: 0, stdout: /^ok/ });
  const dir = await makeGatewayFolder(t, { projects });
  const [config, catalog] = [join(dir, 'portcullis.yaml'), join(dir, 'catalog.yaml')];
  const said = async (): Promise<string> => {
    const { status, stdout, stderr } = await portcullis(['check', '--dir', dir]);
    t.match({ status, stdout }, { status: 2, stdout: '' });
    return stderr;
  };
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('"drain": "0s"', '"drian": "0s"'));
  t.match(await said(), /portcullis\.yaml:\d+:\d+: [^\n]*drian[^\n]*drain/);
  await writeFile(config, text);
  await chmod(join(dir, 'certs/server.key'), 0o644);
  await chmod(catalog, 0o644);
  const modes = await said();
  t.match(modes, /catalog\.yaml:\d+:\d+: [^\n]*chmod 0?600/);
  t.match(modes, /server\.key:\d+:\d+: [^\n]*chmod 0?600/);
  await chmod(catalog, 0o600);
  await writeFile(catalog, (await readFile(catalog, 'utf8')).replace('"br-main"', '"main"'));
  const both = await said();
  t.match(both, /catalog\.yaml:\d+:\d+: [^\n]*br-/);
  t.match(both, /server\.key/);
  t.match(await portcullis(['start', '--dir', dir]), {
    status: 2,
    stderr: /^portcullis: [^\n]+catalog\.yaml/m,
  });
});

t.test(
  '`portcullis health` fails when nobody serves; a second gateway on one folder is refused.',
  async (t) => {
    const dir = await makeGatewayFolder(t, { projects, config: { admin: { listen: 'off' } } });
    const nobody = await portcullis(['health', '--dir', dir]);
    t.match(nobody, { status: 1, stdout: '', stderr: /^portcullis: no gateway answers at [^\n]+\n$/ });
    const running = await startIn(t, dir);
    t.match(await portcullis(['health', '--dir', dir]), { status: 0 }, 'by the control socket');
    const second = await portcullis(['start', '--dir', dir]);
    t.match(second, {
      status: 1,
      stderr: /^portcullis: process \d+ writes the audit trail in [^\n]*: stop it first[^\n]*\n$/m,
    });
    t.equal(await ask(running.way(who), 'SELECT 1'), '1');
  },
);

t.test('A port in use is named in one line, and nothing is left.', async (t) => {
  const dir = await makeGatewayFolder(t, {
    projects,
    config: { listen: [{ address: `127.0.0.1:${gateway.port}` }] },
  });
  const ended = await portcullis(['start', '--dir', dir]);
  const problem = `cannot listen on 127.0.0.1:${gateway.port}: the address is in use`;
  t.match(ended, { status: 1, stdout: '' });
  t.ok(ended.stderr.split('\n').at(-2)?.startsWith(`portcullis: ${problem}`), ended.stderr);
  t.strictSame(await processesLeftIn(dir), []);
});

t.test('Without any file, PORTCULLIS_ variables make a sidecar with a certificate of its own.', async (t) => {
  const cwd = await passableFolder(t);
  const socket = encodeURIComponent(database.socketDir);
  const env = {
    ...PLAIN_ENV,
    PORTCULLIS_UPSTREAM: `postgres://reader:read%20only@${socket}:${database.port}/postgres`,
    PORTCULLIS_LISTEN: '127.0.0.1:0',
    PORTCULLIS_HOSTNAMES: 'localhost,db.internal',
    PORTCULLIS_ALLOWED_IPS: '127.0.0.0/8',
  };
  const child = startPortcullis(t, ['start'], { cwd, env });
  const { port } = await portsOf(child);
  const way: Conninfo = {
    ...gateway.way(who),
    port,
    sslrootcert: join(cwd, 'certs/ca.crt'),
  };
  t.equal(await ask(way, 'SELECT current_user, current_database()'), 'app|shop');
  t.equal(await ask({ ...way, host: 'db.internal', hostaddr: '127.0.0.1' }, 'SELECT 1'), '1');
  await child.leave();
  const nobody = startPortcullis(t, ['start'], { cwd, env: { ...env, PORTCULLIS_ALLOWED_IPS: ' ' } });
  const { port: closed } = await portsOf(nobody);
  t.match(await psql({ ...way, port: closed }, ['-c', 'SELECT 1']), {
    status: 2,
    stderr: /not allowed/,
  });
});
