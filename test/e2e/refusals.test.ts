import { readFile } from 'node:fs/promises';
import pg from 'pg';
import t from 'tap';
import { DOMAIN, startGateway, verifierOf } from '../support/gateway.ts';
import { startEmbedded } from '../support/postgres.ts';
import { ask, type Conninfo, psql } from '../support/psql.ts';

const PASSWORD = 'open sesame';
const verifier = await verifierOf(PASSWORD);

const database = await startEmbedded(t, {
  bootstrapSql: [
    `CREATE ROLE app LOGIN PASSWORD '${verifier}'`,
    `CREATE ROLE full_role LOGIN CONNECTION LIMIT 0 PASSWORD '${verifier}'`,
    `CREATE ROLE standby LOGIN REPLICATION PASSWORD '${verifier}'`,
    'CREATE DATABASE app OWNER app',
    'CREATE DATABASE shop_mapped OWNER app',
  ],
});
const upstream = { host: database.socketDir, port: database.port };
const roles = ['app', 'full_role', 'standby'].map((name) => ({ name, verifier }));

function branch(name: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { id: `br-${name}`, name, endpoints: [{ id: `ep-${name}` }], upstream, roles, ...more };
}

const gateway = await startGateway(t, {
  // There are many mistakes to come.
  config: { limits: { failed_logins: { exempt: ['127.0.0.1'] } } },
  projects: [
    {
      id: 'shop',
      branches: [
        branch('main', { default: true, roles: [...roles, { name: 'barred', verifier, no_login: true }] }),
        branch('mapped', { upstream: { ...upstream, database: { shop: 'shop_mapped' } } }),
        branch('closed', { allowed_ips: { ips: ['203.0.113.0/24', '::1'] } }),
        branch('down', { upstream: { host: '127.0.0.1', port: 1, sslmode: 'disable' } }),
        branch('foreign', { roles: [{ name: 'app', verifier: await verifierOf(PASSWORD) }] }),
        branch('streaming', { replication: true }),
      ],
    },
    { id: 'other', branches: [branch('other', { default: true })] },
  ],
});
const ca = await readFile(gateway.ca, 'utf8');

/** Ways that a client may come: over what lets it in. */
interface Attempt {
  readonly what: string;
  readonly way: Conninfo;
  readonly severity?: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** The stable word of our log, or none where the upstream itself refused. */
  readonly reason: string;
}

const endpoint = (name: string): Conninfo => ({ options: `endpoint=ep-${name}` });
const byName = (name: string): Conninfo => ({ host: `ep-${name}.${DOMAIN}`, hostaddr: '127.0.0.1' });
const WRONG_PASSWORD = { code: '28P01', reason: 'password' };

const attempts: readonly Attempt[] = [
  {
    what: 'A client without TLS',
    way: { ...endpoint('main'), sslmode: 'disable', channel_binding: 'disable' },
    code: '28000',
    message: 'connection is insecure (try using "sslmode=require")',
    reason: 'no-tls',
  },
  {
    what: 'A wrong password',
    way: { ...endpoint('main'), password: 'guess' },
    message: 'password authentication failed for user "app"',
    ...WRONG_PASSWORD,
  },
  {
    what: 'An unknown role',
    way: { ...endpoint('main'), user: 'nobody' },
    message: 'password authentication failed for user "nobody"',
    ...WRONG_PASSWORD,
  },
  {
    what: 'A role without login',
    way: { ...endpoint('main'), user: 'barred' },
    message: 'password authentication failed for user "barred"',
    ...WRONG_PASSWORD,
  },
  {
    what: 'An unknown endpoint in options',
    way: endpoint('nowhere'),
    message: 'password authentication failed for user "app"',
    ...WRONG_PASSWORD,
  },
  {
    what: 'An unknown endpoint by name',
    way: byName('nowhere'),
    message: 'password authentication failed for user "app"',
    ...WRONG_PASSWORD,
  },
  {
    what: 'An address that the branch does not admit',
    way: endpoint('closed'),
    code: '28000',
    message: 'This IP address 127.0.0.1 is not allowed to connect to this endpoint.',
    hint: "Add it to the branch's allowlist; check both its IPv4 and its IPv6 form.",
    reason: 'address',
  },
  {
    what: 'No endpoint, where there are two projects',
    way: {},
    code: '28000',
    message: 'endpoint is not specified',
    hint: 'Name it in the host name (SNI), or in the connection string: options=endpoint%3D<endpoint id>.',
    reason: 'no-endpoint',
  },
  {
    what: 'One endpoint by name and another in options',
    way: { ...byName('main'), ...endpoint('mapped') },
    code: '28000',
    message: 'endpoint in SNI and in options differ',
    reason: 'endpoints-differ',
  },
  {
    what: 'A database that is not on the branch’s map, though the upstream has it',
    way: { ...endpoint('mapped'), dbname: 'app' },
    code: '3D000',
    message: 'database "app" does not exist',
    reason: 'database',
  },
  {
    what: 'A database that another branch of the cluster owns',
    way: { ...endpoint('main'), dbname: 'shop_mapped' },
    code: '3D000',
    message: 'database "shop_mapped" does not exist',
    reason: 'database',
  },
  {
    what: 'Replication, where the branch does not say so',
    way: { ...endpoint('main'), user: 'standby', replication: 'database' },
    code: '28000',
    message: 'replication is not allowed on this branch',
    reason: 'replication',
  },
  {
    what: 'An upstream that is down',
    way: endpoint('down'),
    code: '57P03',
    message: 'upstream is not reachable, try again later',
    reason: 'upstream-unreachable',
  },
  {
    what: 'An upstream that refuses our login',
    way: endpoint('foreign'),
    code: '28000',
    message: "upstream refused the gateway's login",
    reason: 'upstream-login',
  },
  {
    what: 'A database that the upstream does not have',
    way: { ...endpoint('main'), dbname: 'nowhere' },
    code: '3D000',
    message: 'database "nowhere" does not exist',
    reason: 'upstream-error',
  },
  {
    what: 'A role that is at its limit upstream',
    way: { ...endpoint('main'), user: 'full_role' },
    code: '53300',
    message: 'too many connections for role "full_role"',
    reason: 'upstream-error',
  },
];

const goodWay = { user: 'app', password: PASSWORD, dbname: 'app' };

/** The same attempt by pg, whose words for it differ; @returns its error. */
async function errorOfPg(way: Conninfo): Promise<unknown> {
  const { host, user, password, dbname, sslmode, options, replication } = gateway.way({ ...goodWay, ...way });
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: `${user}`,
    password: `${password}`,
    database: `${dbname}`,
    ssl: sslmode === 'disable' ? false : { ca, servername: `${host}` },
    ...(options === undefined ? {} : { options: `${options}` }),
    ...(replication === undefined ? {} : { replication: `${replication}` }),
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await client.end();
  }
}

for (const { what, way, message, hint, code, reason } of attempts) {
  t.test(`${what}: ${message}`, async (t) => {
    const before = gateway.log().length;
    const seen = await psql(gateway.way({ ...goodWay, ...way }), ['-c', 'SELECT 1']);
    t.equal(seen.status, 2);
    t.equal(seen.stdout, '');
    const hinted = hint === undefined ? '' : `\nHINT:  ${hint}`;
    t.ok(seen.stderr.endsWith(` failed: FATAL:  ${message}${hinted}\n`), seen.stderr);

    const error = await errorOfPg(way);
    t.match(error, { severity: 'FATAL', code, message, hint });

    const mine = (): object[] =>
      gateway
        .log()
        .slice(before)
        .filter((line) => line['reason'] === reason);
    await gateway.child.until('both lines of the log', () => mine().length >= 2);
    t.match(mine()[0], { outcome: 'refused', address: '127.0.0.1' });
  });
}

t.test('The same client without the mistake is let in.', async (t) => {
  const way = gateway.way(goodWay);
  t.equal(await ask({ ...way, ...endpoint('main') }, 'SELECT current_database()'), 'app');
  t.equal(await ask({ ...way, ...byName('main') }, 'SELECT current_database()'), 'app');
  t.equal(await ask({ ...way, ...byName('main'), ...endpoint('main') }, 'SELECT 1'), '1');
  t.equal(
    await ask({ ...way, ...endpoint('mapped'), dbname: 'shop' }, 'SELECT current_database()'),
    'shop_mapped',
  );
  const standby = { ...way, ...endpoint('streaming'), user: 'standby', replication: 'database' };
  t.match(await ask(standby, 'IDENTIFY_SYSTEM'), /^\d+\|1\|/);
  t.equal(await errorOfPg(endpoint('main')), undefined);
});

t.test('No password and no verifier is in the log.', async (t) => {
  for (const secret of [PASSWORD, 'guess', ...verifier.split(/[$:]/).slice(2)])
    t.notMatch(gateway.child.stdout + gateway.child.stderr, secret);
});
