import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { startGateway, verifierOf } from '../support/gateway.ts';
import { selfSigned } from '../support/openssl.ts';
import { startEmbedded } from '../support/postgres.ts';
import { ask, type Conninfo, psql } from '../support/psql.ts';

const PASSWORD = 'open sesame';
const OTHER_PASSWORD = 'the upstream’s own';
const REFUSED = 'password authentication failed for user';
const LOGIN_REFUSED = "upstream refused the gateway's login";
const UNREACHABLE = 'upstream is not reachable, try again later';

const folder = t.testdir({ 'other.password': `${OTHER_PASSWORD}\n`, 'reader.password': 'read only\n' });
const { cert, key } = await selfSigned(folder, 'database', { san: 'DNS:localhost' });
const stranger = await selfSigned(folder, 'stranger', { san: 'DNS:localhost' });
const verifier = await verifierOf(PASSWORD);

/** A PostgreSQL that takes TLS alone, and lets each role in by another method. */
const database = await startEmbedded(t, {
  settings: { log_connections: 'all', md5_password_warnings: 'off' },
  tcp: { tls: { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') } },
  hba: [
    'local all postgres trust',
    'hostssl all plain_role 127.0.0.1/32 password',
    'hostssl all md5_role 127.0.0.1/32 md5',
    'hostssl all trusted_role 127.0.0.1/32 trust',
    'hostssl all all 127.0.0.1/32 scram-sha-256',
  ],
  bootstrapSql: [
    `CREATE ROLE app LOGIN PASSWORD '${verifier}'`,
    `CREATE ROLE other LOGIN PASSWORD '${OTHER_PASSWORD}'`,
    `CREATE ROLE plain_role LOGIN PASSWORD '${OTHER_PASSWORD}'`,
    'CREATE ROLE trusted_role LOGIN',
    "SET password_encryption = 'md5'",
    `CREATE ROLE md5_role LOGIN PASSWORD '${OTHER_PASSWORD}'`,
    "SET password_encryption = 'scram-sha-256'",
    "CREATE ROLE reader LOGIN PASSWORD 'read only'",
    'GRANT SELECT ON pg_authid TO reader',
    `CREATE ROLE walker LOGIN PASSWORD '${PASSWORD}'`,
    `CREATE ROLE expired LOGIN PASSWORD '${PASSWORD}' VALID UNTIL '2020-01-01'`,
    `CREATE ROLE barred NOLOGIN PASSWORD '${PASSWORD}'`,
    `CREATE ROLE boss SUPERUSER LOGIN PASSWORD '${PASSWORD}'`,
    `CREATE ROLE streamer REPLICATION LOGIN PASSWORD '${PASSWORD}'`,
    'CREATE ROLE wordless LOGIN',
    'CREATE DATABASE orders OWNER app',
    // What a database owner could put under a careless query.
    'ALTER DATABASE postgres SET search_path = public',
  ],
});

const upstream = { host: 'localhost', port: database.port, sslrootcert: cert };
const binding = { ...upstream, channel_binding: 'require' };

function branch(name: string, more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const roles = [{ name: 'app', verifier }];
  return { id: `br-${name}`, name, endpoints: [{ id: `ep-${name}` }], upstream: binding, roles, ...more };
}

/** One role of the gate's, which the upstream knows by another name and password. */
const as = (role: string, password: unknown): Record<string, unknown> => ({
  roles: [{ name: 'app', verifier, upstream: { role, password } }],
});
const auth_query = { role: 'reader', password: { file: join(folder, 'reader.password') } };
const fromEnv = `\${OTHER_PASSWORD}`;

const gateway = await startGateway(t, {
  env: { OTHER_PASSWORD },
  config: { limits: { failed_logins: { exempt: ['127.0.0.1'] } } },
  projects: [
    {
      id: 'shop',
      branches: [
        branch('passed', { default: true }),
        branch('env', as('other', fromEnv)),
        branch('file', as('other', { file: join(folder, 'other.password') })),
        branch('asked', { roles: [], auth_query }),
        branch('lenient', {
          roles: [],
          auth_query: { ...auth_query, superusers: true, replication_roles: true },
        }),
        branch('mapped', { upstream: { ...upstream, database: { shop: 'orders' } } }),
        branch('md5', { ...as('md5_role', fromEnv), upstream: { ...upstream, require_auth: ['md5'] } }),
        branch('md5-strict', as('md5_role', fromEnv)),
        branch('plain', {
          ...as('plain_role', fromEnv),
          upstream: { ...upstream, require_auth: ['password'] },
        }),
        branch('plain-strict', { ...as('plain_role', fromEnv), upstream }),
        branch('trusted', {
          ...as('trusted_role', undefined),
          upstream: { ...upstream, require_auth: ['none'] },
        }),
        branch('trusted-strict', { ...as('trusted_role', undefined), upstream }),
        branch('stranger', { upstream: { ...upstream, sslrootcert: stranger.cert } }),
        branch('misnamed', { upstream: { ...upstream, host: '127.0.0.1' } }),
        branch('unnamed', { upstream: { ...upstream, host: '127.0.0.1', sslmode: 'verify-ca' } }),
        branch('insecure', { upstream: { ...upstream, sslmode: 'disable' } }),
      ],
    },
  ],
});

function way(endpoint: string, more: Conninfo = {}): Conninfo {
  const who = { user: 'app', password: PASSWORD, dbname: 'postgres', options: `endpoint=ep-${endpoint}` };
  return gateway.way({ ...who, ...more });
}

const WHO = 'SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

/** A login that the gate refuses, and why it says so in its own log. */
async function refused(t: Test, to: Conninfo, message: string, detail: RegExp): Promise<void> {
  const before = gateway.log().length;
  const seen = await psql(to, ['-c', 'SELECT 1']);
  t.match(seen, { status: 2, stdout: '' });
  t.match(seen.stderr, `FATAL:  ${message}`);
  const mine = () =>
    gateway
      .log()
      .slice(before)
      .find(({ outcome }) => outcome === 'refused');
  await gateway.child.until('the line of the log', () => mine() !== undefined);
  t.match(mine(), { detail });
}

t.test('A client’s own proof logs in upstream, under verify-full, bound to the channel.', async (t) => {
  t.equal(await ask(way('passed'), WHO), 'app|t');
  const authenticated = database.logged.filter((line) => line.includes('authenticated: identity="app"'));
  t.match(authenticated[0], 'method=scram-sha-256');
  t.match(database.logged.join('\n'), /user=app database=postgres .*SSL enabled \(protocol=TLSv1\.3/);
});

t.test('A password for the upstream comes from the environment, or from a file.', async (t) => {
  t.equal(await ask(way('env'), WHO), 'other|t');
  t.equal(await ask(way('file'), WHO), 'other|t');
});

t.test('auth_query lets in whom the upstream knows, by the proof of the same password.', async (t) => {
  t.equal(await ask(way('asked', { user: 'walker' }), WHO), 'walker|t');
  t.equal(await ask(way('asked', { user: 'walker' }), WHO), 'walker|t', 'from the cache as well');
  const wrong = { user: 'walker', password: 'guess' };
  await refused(t, way('asked', wrong), `${REFUSED} "walker"`, /^wrong password$/);
});

t.test(
  'auth_query lets nobody in whom the upstream would not, nor a superuser; all read the same.',
  async (t) => {
    for (const [user, why] of [
      ['expired', /expired/],
      ['barred', /not permitted to log in/],
      ['boss', /superusers/],
      ['streamer', /replication roles/],
      ['wordless', /no SCRAM verifier/],
      ['md5_role', /no SCRAM verifier/],
      ['nobody', /no such role/],
    ] as const) {
      await refused(t, way('asked', { user }), `${REFUSED} "${user}"`, why);
    }
    t.equal(await ask(way('lenient', { user: 'boss' }), WHO), 'boss|t', 'where the branch says so');
    t.equal(await ask(way('lenient', { user: 'streamer' }), WHO), 'streamer|t');
  },
);

t.test('The database map gives the client’s name to another database, and hides all others.', async (t) => {
  t.equal(await ask(way('mapped', { dbname: 'shop' }), 'SELECT current_database()'), 'orders');
  await refused(t, way('mapped'), 'database "postgres" does not exist', /not of this branch/);
  await refused(
    t,
    way('passed', { dbname: 'orders' }),
    'database "orders" does not exist',
    /not of this branch/,
  );
});

t.test('md5, cleartext and trust upstream count only where require_auth lists them.', async (t) => {
  t.equal(await ask(way('md5'), WHO), 'md5_role|t');
  t.equal(await ask(way('plain'), WHO), 'plain_role|t');
  t.equal(await ask(way('trusted'), WHO), 'trusted_role|t');
  await refused(t, way('md5-strict'), LOGIN_REFUSED, /asks for md5/);
  await refused(t, way('plain-strict'), LOGIN_REFUSED, /asks for password/);
  await refused(t, way('trusted-strict'), LOGIN_REFUSED, /without asking for a proof/);
});

t.test('The upstream’s certificate is verified as its sslmode says.', async (t) => {
  t.equal(await ask(way('unnamed'), WHO), 'app|t');
  await refused(t, way('stranger'), UNREACHABLE, /self[- ]signed certificate/);
  await refused(t, way('misnamed'), UNREACHABLE, /IP: 127\.0\.0\.1 is not in the cert's list/);
  await refused(t, way('insecure'), LOGIN_REFUSED, /28000: no pg_hba\.conf entry/);
});

t.test('auth_query hears of a change of the upstream’s within seconds.', async (t) => {
  const superuser = { host: database.socketDir, port: database.port, user: 'postgres', dbname: 'postgres' };
  await ask(superuser, "ALTER ROLE walker PASSWORD 'another'");
  const another = way('asked', { user: 'walker', password: 'another' });
  const patience = AbortSignal.timeout(20_000);
  while (!patience.aborted && (await psql(another, ['-c', 'SELECT 1'])).status !== 0) await setTimeout(100);
  t.equal(await ask(another, WHO), 'walker|t');
});

t.test('No password is in any log: ours, or the upstream’s.', async (t) => {
  const all = [gateway.child.stdout, gateway.child.stderr, ...database.logged].join('\n');
  for (const secret of [PASSWORD, OTHER_PASSWORD, 'read only', ...verifier.split(/[$:]/).slice(2)])
    t.notMatch(all, secret);
});
