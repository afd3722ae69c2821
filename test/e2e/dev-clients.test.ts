import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg, { type ClientConfig } from 'pg';
import postgres from 'postgres';
import t from 'tap';
import { selfSigned } from '../support/openssl.ts';
import { startDev } from '../support/portcullis.ts';
import { ask, psql } from '../support/psql.ts';

const { connection, log } = await startDev(t);
const { url, host, port, role, password, database } = connection;
const stranger = (await selfSigned(t.testdir(), 'stranger', { san: 'DNS:localhost' })).cert;

/** The printed URL with an authority that did not sign the gate's certificate. */
const distrusting = url.replace(encodeURIComponent(connection.ca), encodeURIComponent(stranger));

const WHO = 'SELECT current_user, current_database()';

/** Asks by pg who it is; the end of the connection is awaited. */
async function askPg(config: ClientConfig): Promise<unknown> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query(WHO)).rows[0];
  } finally {
    await client.end();
  }
}

/** How the client of this application_name logged in. */
async function mechanismOf(application: string): Promise<unknown> {
  const line = (): unknown => log().find((each) => each['application'] === application)?.['mechanism'];
  for (let turns = 0; line() === undefined && turns < 500; turns += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return line();
}

t.test('The line of dev names everything that the URL holds.', async (t) => {
  const parsed = new URL(url);
  t.match(connection, { host: 'localhost', database: 'app', role: 'app', endpoint: /^ep-/, branch: /^br-/ });
  t.equal(parsed.host, `${host}:${port}`);
  t.equal(parsed.username, role);
  t.equal(parsed.password, password);
  t.equal(parsed.pathname, `/${database}`);
  t.strictSame(Object.fromEntries(parsed.searchParams), {
    sslmode: 'verify-full',
    sslrootcert: connection.ca,
    channel_binding: 'require',
  });
  t.equal(join('/', connection.ca), connection.ca, 'an absolute path');
});

t.test('The printed URL works as it is in psql 15.', async (t) => {
  t.equal(await ask(`${url}&application_name=libpq15`, WHO), 'app|app');
  t.equal(await mechanismOf('libpq15'), 'SCRAM-SHA-256-PLUS');
});

t.test('libpq 18 speaks TLS at once and protocol 3.2 by the same URL.', async (t) => {
  const options = '&sslnegotiation=direct&min_protocol_version=3.2&application_name=libpq18';
  t.equal(await ask(url + options, WHO, { libpq: 18 }), 'app|app');
  t.equal(await mechanismOf('libpq18'), 'SCRAM-SHA-256-PLUS');
});

t.test('libpq 18 without options does as libpq 15.', async (t) => {
  t.equal(await ask(url, WHO, { libpq: 18 }), 'app|app');
});

for (const libpq of [15, 18] as const) {
  t.test(
    `libpq ${libpq} refuses an authority that did not sign, and a name that was not signed.`,
    async (t) => {
      const untrusted = await psql(distrusting, ['-c', WHO], { libpq });
      t.equal(untrusted.status, 2);
      t.match(untrusted.stderr, /certificate verify failed/);
      const misnamed = url.replace('@localhost:', '@db.example.com:');
      const other = await psql(`${misnamed}&hostaddr=127.0.0.1`, ['-c', WHO], { libpq });
      t.equal(other.status, 2);
      t.match(other.stderr, /does not match host name "db\.example\.com"/);
    },
  );
}

t.test('The printed URL works as it is in pg, which verifies.', async (t) => {
  t.strictSame(await askPg({ connectionString: url }), { current_user: 'app', current_database: 'app' });
  await t.rejects(askPg({ connectionString: distrusting }), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
});

t.test('pg compares the name, too.', async (t) => {
  const ca = await readFile(connection.ca, 'utf8');
  const config = { host: '127.0.0.1', port, user: role, password, database };
  const right = await askPg({ ...config, ssl: { ca, servername: 'localhost' } });
  t.strictSame(right, { current_user: 'app', current_database: 'app' });
  const wrong = askPg({ ...config, ssl: { ca, servername: 'db.example.com' } });
  await t.rejects(wrong, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

t.test(
  'pg binds to the channel where it is told to, and speaks TLS at once where it is told to.',
  async (t) => {
    const connectionString = `${url}&sslnegotiation=direct`;
    await askPg({ connectionString, application_name: 'pg-plain' });
    t.equal(await mechanismOf('pg-plain'), 'SCRAM-SHA-256');
    const bound = { connectionString, application_name: 'pg-bound', enableChannelBinding: true };
    await askPg(bound);
    t.equal(await mechanismOf('pg-bound'), 'SCRAM-SHA-256-PLUS');
  },
);

t.test('postgres.js connects by its own ssl option, and verifies.', async (t) => {
  const options = { host, port, user: role, password, database, max: 1 };
  const sql = postgres({ ...options, ssl: { ca: await readFile(connection.ca, 'utf8') } });
  t.strictSame(
    [...(await sql`SELECT current_user, current_database()`)],
    [{ current_user: 'app', current_database: 'app' }],
  );
  await sql.end();
  const deceived = postgres({ ...options, ssl: { ca: await readFile(stranger, 'utf8') } });
  await t.rejects(deceived`SELECT 1`, { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  await deceived.end();
});

t.test('postgres.js names an endpoint by its connection option, and speaks TLS at once.', async (t) => {
  const ssl = { ca: await readFile(connection.ca, 'utf8') };
  const asked = { options: `endpoint=${connection.endpoint}`, application_name: 'postgres.js' };
  const login = { host, port, user: role, password, database, max: 1 };
  const direct = { sslnegotiation: 'direct' };
  const sql = postgres({ ...login, ...direct, ssl, connection: asked } as postgres.Options<never>);
  t.strictSame([...(await sql`SELECT 1 AS n`)], [{ n: 1 }]);
  await sql.end();
  t.equal(await mechanismOf('postgres.js'), 'SCRAM-SHA-256', 'it binds to no channel');
});

t.test('postgres.js by the printed URL sends sslrootcert to the server, which refuses it.', async (t) => {
  const sql = postgres(url, { max: 1, ssl: { ca: await readFile(connection.ca, 'utf8') } });
  await t.rejects(sql`SELECT 1`, { code: '42704', message: /"sslrootcert"/ });
  await sql.end();
});

t.test('An endpoint is named by SNI, or by options, with the same result.', async (t) => {
  const byOptions = `${url}&options=endpoint%3D${connection.endpoint}`;
  t.equal(await ask(byOptions, WHO), 'app|app');
  const pgOptions = await askPg({ connectionString: byOptions });
  t.strictSame(pgOptions, { current_user: 'app', current_database: 'app' });
  const verified = url.replace('sslmode=verify-full', 'sslmode=verify-ca');
  const bySni = `${verified.replace('@localhost', `@${connection.endpoint}.localhost`)}&hostaddr=127.0.0.1`;
  t.equal(await ask(bySni, WHO), 'app|app');
});
