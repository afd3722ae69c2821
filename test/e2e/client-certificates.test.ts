import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import postgres from 'postgres';
import t from 'tap';
import type { Child } from '../support/child.ts';
import { ClientAuthority, days, type Issued } from '../support/client-authority.ts';
import {
  type GatewayWish,
  makeGatewayFolder,
  startIn,
  verifierOf,
  writeCatalog,
} from '../support/gateway.ts';
import { selfSigned } from '../support/openssl.ts';
import { portcullis } from '../support/portcullis.ts';
import { startEmbedded, type WithTeardown } from '../support/postgres.ts';
import { ask, type Conninfo, type Libpq, psql, startPsql } from '../support/psql.ts';

const PASSWORD = 'open sesame';
const verifier = await verifierOf(PASSWORD);
const database = await startEmbedded(t, {
  bootstrapSql: [
    `CREATE ROLE app LOGIN PASSWORD '${verifier}'`,
    `CREATE ROLE "app@example.com" LOGIN PASSWORD '${verifier}'`,
  ],
});

const dir = t.testdir();
const [ours, foreign] = await Promise.all([
  ClientAuthority.make(dir, 'ours'),
  ClientAuthority.make(dir, 'foreign'),
]);
const [good, leaver, revoked, expired, stranger] = [
  await ours.issue('good', { san: 'email:app@example.com' }),
  await ours.issue('leaver'),
  await ours.issue('revoked'),
  await ours.issue('expired', { period: days(-9, -1) }),
  await foreign.issue('stranger'),
];
await ours.revoke(revoked);
const self = await selfSigned(dir, 'self', { subject: '/CN=app' });

const roles = ['app', 'app@example.com'].map((name) => ({ name, verifier }));
const upstream = { host: database.socketDir, port: database.port };

function branch(name: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { id: `br-${name}`, name, endpoints: [{ id: `ep-${name}` }], upstream, roles, ...more };
}

const projects = [
  {
    id: 'shop',
    branches: [
      branch('main', { default: true, client_certificate: 'required' }),
      branch('free'),
      branch('named', { client_certificate: 'required', client_certificate_role: 'cn' }),
      branch('mailed', { client_certificate: 'required', client_certificate_role: 'san' }),
    ],
  },
];
const TLS = { certificates: [{ cert: 'certs/server.crt', key: 'certs/server.key' }] };
const ASKING = { ...TLS, client_ca: 'certs/clients.crt', client_crl: 'certs/clients.crl' };

/** Puts a whole file in the place of another. */
async function put(folder: string, name: string, from: string): Promise<void> {
  await copyFile(from, join(folder, 'certs', `${name}.new`));
  await rename(join(folder, 'certs', `${name}.new`), join(folder, 'certs', name));
}

/** A gateway's folder with our authority and its list in it. */
async function folderWith(wish: Partial<GatewayWish> = {}): Promise<string> {
  const folder = await makeGatewayFolder(t, { projects, config: { tls: ASKING }, ...wish });
  await put(folder, 'clients.crt', ours.certPath);
  await put(folder, 'clients.crl', await ours.list('start'));
  return folder;
}

const gateway = await startIn(t, await folderWith());

/** A way in; libpq shows the certificate when the server asks for one. */
function way(endpoint: string, shown?: Pick<Issued, 'certPath' | 'keyPath'>, user = 'app'): Conninfo {
  const certified = shown && { sslcert: shown.certPath, sslkey: shown.keyPath };
  const options = `endpoint=ep-${endpoint}`;
  return gateway.way({ user, password: PASSWORD, dbname: 'postgres', options, ...certified });
}

/** What psql reads of a refusal. */
async function refusal(target: Conninfo, libpq: Libpq = 15): Promise<string> {
  const { status, stderr } = await psql(target, ['-c', 'select 1'], { libpq });
  return status === 2 ? stderr : `status ${status}`;
}

const REQUIRED = /FATAL: {2}connection requires a valid client certificate\n/;

for (const libpq of [15, 18] as const) {
  t.test(`psql with libpq ${libpq} comes in with a certificate, and not without.`, async (t) => {
    t.equal(await ask(way('main', good), 'select current_user', { libpq }), 'app');
    t.match(await refusal(way('main'), libpq), REQUIRED);
    t.equal(await ask(way('free'), 'select 1', { libpq }), '1');
    await gateway.logged(
      'the good one',
      (line) => line['certificate'] === 'app' && /^[0-9a-f]{64}$/.test(String(line['certificate_sha256'])),
    );
    await gateway.logged('the missing one', ({ reason }) => reason === 'certificate-missing');
  });
}

t.test(
  'node-postgres shows a certificate from its URL or its ssl option, and reads the refusal.',
  async (t) => {
    const base = `postgresql://app:${encodeURIComponent(PASSWORD)}@localhost:${gateway.port}/postgres`;
    const url = `${base}?options=endpoint%3Dep-main&sslmode=verify-full&sslrootcert=${gateway.ca}`;
    const named = new pg.Client({
      connectionString: `${url}&sslcert=${good.certPath}&sslkey=${good.keyPath}`,
    });
    await named.connect();
    await named.end();
    const [ca, cert, key] = await Promise.all(
      [gateway.ca, good.certPath, good.keyPath].map((path) => readFile(path, 'utf8')),
    );
    const login = {
      host: 'localhost',
      port: gateway.port,
      user: 'app',
      password: PASSWORD,
      database: 'postgres',
    };
    const held = new pg.Client({ ...login, options: 'endpoint=ep-main', ssl: { ca, cert, key } });
    await held.connect();
    t.match((await held.query('SELECT 1 AS n')).rows, [{ n: 1 }]);
    await held.end();
    const without = new pg.Client({ ...login, options: 'endpoint=ep-main', ssl: { ca } });
    await t.rejects(without.connect(), {
      code: '28000',
      message: 'connection requires a valid client certificate',
    });
  },
);

t.test('postgres.js shows a certificate from its ssl option.', async (t) => {
  const [ca, cert, key] = await Promise.all(
    [gateway.ca, good.certPath, good.keyPath].map((path) => readFile(path, 'utf8')),
  );
  const login = {
    host: 'localhost',
    port: gateway.port,
    user: 'app',
    password: PASSWORD,
    database: 'postgres',
  };
  const asked = { options: 'endpoint=ep-main' };
  const options = { ...login, max: 1, connection: asked } as postgres.Options<never>;
  const sql = postgres({ ...options, ssl: { ca, cert, key } });
  t.strictSame([...(await sql`SELECT 1 AS n`)], [{ n: 1 }]);
  await sql.end();
  const without = postgres({ ...options, ssl: { ca } });
  await t.rejects(without`SELECT 1`, { code: '28000' });
  await without.end();
});

t.test('Direct TLS, as libpq 18 speaks it, shows the certificate, too.', async (t) => {
  const direct = { sslnegotiation: 'direct' };
  t.equal(await ask({ ...way('main', good), ...direct }, 'select 1', { libpq: 18 }), '1');
  t.match(await refusal({ ...way('main', stranger), ...direct }, 18), REQUIRED);
});

t.test('Revoked, expired, foreign and self-signed are refused, each for its own reason.', async (t) => {
  for (const [reason, shown] of [
    ['certificate-revoked', revoked],
    ['certificate-expired', expired],
    ['certificate-unknown-ca', stranger],
    ['certificate-self-signed', { certPath: self.cert, keyPath: self.key }],
  ] as const) {
    for (const endpoint of ['main', 'free', 'nowhere']) {
      t.match(await refusal(way(endpoint, shown)), REQUIRED, `${reason} at ep-${endpoint}`);
    }
    await gateway.logged(reason, (line) => line['reason'] === reason && line['branch'] === 'br-main');
  }
});

t.test('The certificate names the role, where the branch says so.', async (t) => {
  t.equal(await ask(way('named', good), 'select current_user'), 'app');
  t.match(
    await refusal(way('named', good, 'app@example.com')),
    /FATAL: {2}certificate authentication failed for user "app@example\.com"\n/,
  );
  t.equal(await ask(way('mailed', good, 'app@example.com'), 'select current_user'), 'app@example.com');
  t.match(await refusal(way('mailed', good)), /certificate authentication failed for user "app"/);
});

/** A session whose statement runs for longer than any test. */
async function asleep(t: WithTeardown, target: Conninfo): Promise<Child> {
  const child = await startPsql(t, target, ['-c', 'select 1', '-c', 'select pg_sleep(300)']);
  await child.until('the session', () => child.stdout.startsWith('1'));
  return child;
}

t.test('A new revocation list counts once it is there; a broken one does not.', async (t) => {
  t.equal(await ask(way('main', leaver), 'select 1'), '1');
  const [live, other] = [await asleep(t, way('main', leaver)), await asleep(t, way('main', good))];
  await ours.revoke(leaver);
  await put(gateway.dir, 'clients.crl', await ours.list('newer'));
  await gateway.logged('the new list', ({ msg }) => msg === 'certificates read again');
  t.not((await live.ended).status, 0);
  t.match(live.stderr, /FATAL: {2}terminating connection: the client certificate is no longer accepted\n/);
  t.match(
    gateway.log().filter(({ msg }) => msg === 'sessions cut by a change of client certificates'),
    [{ sessions: 1 }],
  );
  other.kill('SIGTERM');
  t.match(await refusal(way('main', leaver)), REQUIRED);
  await writeFile(join(gateway.dir, 'certs/clients.crl'), 'nonsense');
  const lost = await gateway.logged(
    'the broken list',
    ({ level, file }) => level === 'error' && String(file).endsWith('clients.crl'),
  );
  t.match(lost, { msg: 'certificate not taken, the last good one stays', problem: /^no revocation list/ });
  t.match(await refusal(way('main', leaver)), REQUIRED);
  t.equal(await ask(way('main', good), 'select 1'), '1');
});

t.test('When the authority and its list end is a metric.', async (t) => {
  const answer = await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`);
  const text = await answer.text();
  for (const name of ['server.crt', 'clients.crt', 'clients.crl']) {
    const path = join(gateway.dir, 'certs', name);
    t.match(text, `portcullis_certificate_expiry_timestamp_seconds{cert="${path}"} 1`);
  }
  t.match(text, 'reason="certificate-revoked"');
});

const NEEDED =
  /catalog\.yaml:\d+:\d+: client_certificate has nothing to check certificates by: give tls\.client_ca/;

t.test(
  'Without authorities a branch cannot require certificates: not at the start, nor later.',
  async (t) => {
    const folder = await makeGatewayFolder(t, { projects });
    for (const command of ['check', 'start']) {
      const { status, stderr } = await portcullis([command, '--dir', folder]);
      t.equal(status, 2, command);
      t.match(stderr, NEEDED);
    }
    await writeCatalog(folder, [{ id: 'shop', branches: [branch('main', { default: true })] }]);
    const running = await startIn(t, folder);
    await writeCatalog(folder, projects);
    await running.logged('the catalog', ({ msg }) => msg === 'catalog not taken, the last good one stays');
    const target = running.way({ user: 'app', password: PASSWORD, dbname: 'postgres' });
    t.equal(await ask(target, 'select 1'), '1');
  },
);

t.test(
  'Authorities or lists that cannot be used are told by check, and keep start from starting.',
  async (t) => {
    const folder = await folderWith();
    await put(folder, 'clients.crl', await foreign.list('other'));
    await writeFile(join(folder, 'certs/clients.crt'), `${ours.cert}${good.cert}`);
    for (const command of ['check', 'start']) {
      const { status, stderr } = await portcullis([command, '--dir', folder]);
      t.equal(status, 2, command);
      t.match(stderr, /clients\.crt(:1:1)?: certificate 2 in it, CN=app, is not an authority's/);
    }
    await put(folder, 'clients.crt', ours.certPath);
    const { status, stderr } = await portcullis(['check', '--dir', folder]);
    t.equal(status, 2);
    t.match(stderr, /clients\.crl:1:1: no list of CN=ours in it/);
  },
);

t.test('With an ended list the gateway starts, says so, and lets no certificate in.', async (t) => {
  const folder = await folderWith();
  await put(folder, 'clients.crl', await ours.list('ended', days(-9, -1)));
  const checked = await portcullis(['check', '--dir', folder]);
  t.equal(checked.status, 0);
  t.match(checked.stderr, /clients\.crl:1:1: warning: ended on .*client certificates are refused until then/);
  const running = await startIn(t, folder);
  const target = running.way({
    user: 'app',
    password: PASSWORD,
    dbname: 'postgres',
    sslcert: good.certPath,
    sslkey: good.keyPath,
  });
  t.match(await refusal(target), REQUIRED);
  const refused = await running.logged('the refusal', ({ reason }) => reason === 'certificate-crl-expired');
  t.match(refused, { detail: /CRL_HAS_EXPIRED/, certificate: 'app' });
});
