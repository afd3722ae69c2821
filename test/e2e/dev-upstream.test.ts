import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { run } from '../support/child.ts';
import { complaintOf, ONE_LINE, portcullis, startDev } from '../support/portcullis.ts';
import { passableFolder, startDebian15 } from '../support/postgres.ts';
import { ask, clientEnv, clientProgram, conninfo, psql } from '../support/psql.ts';

const PASSWORD = 'its own p@ssword/?';

/** Someone's PostgreSQL 15, without TLS: a role, its database with something of everything, an empty one. */
const upstream = await startDebian15(t, {
  tcp: {},
  bootstrapSql: [
    `CREATE ROLE app LOGIN PASSWORD '${PASSWORD}'`,
    'CREATE DATABASE shop OWNER app',
    'CREATE DATABASE copy OWNER app',
  ],
});
const address = `127.0.0.1:${upstream.port}`;
const url = (password: string): string =>
  `postgresql://app:${encodeURIComponent(password)}@${address}/shop?sslmode=disable`;

/** The way past the gate. */
const direct = { host: upstream.socketDir, port: upstream.port, user: 'app', dbname: 'shop' };

const SOMETHING_OF_EVERYTHING = `
  CREATE TYPE colour AS ENUM ('red', 'grün');
  CREATE TABLE goods (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, colour colour,
    picture bytea, attributes jsonb, price numeric(10,2) CHECK (price > 0), since timestamptz, tags text[]);
  INSERT INTO goods (name, colour, picture, attributes, price, since, tags)
    SELECT E'good\\t' || n || E' \\\\ ☃\\n', (ARRAY['red', 'grün', NULL]::colour[])[n % 3 + 1],
      decode(md5(n::text), 'hex'), jsonb_build_object('n', n, 'odd', n % 2 = 1), n / 7.0 + 1,
      timestamptz '2026-01-01 00:00:00Z' + n * interval '1 hour', ARRAY['a"b', NULL, n::text]
    FROM generate_series(1, 20000) AS n;
  CREATE INDEX goods_by_name ON goods (lower(name));
  CREATE VIEW dear AS SELECT * FROM goods WHERE price > 100;
  CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
  CREATE TABLE parts (good int REFERENCES goods, part int) PARTITION BY RANGE (part);
  CREATE TABLE few_parts PARTITION OF parts FOR VALUES FROM (0) TO (100);
  INSERT INTO parts SELECT n, n % 100 FROM generate_series(1, 1000) AS n;
  SELECT lo_from_bytea(4711, decode(repeat('00ff5c0a', 5000), 'hex'));
`;

/** What could have been made or changed in the server, as one text. */
async function inventory(): Promise<string> {
  const client = new pg.Client({ ...upstream.superuser, database: 'shop' });
  await client.connect();
  const roles = await client.query('SELECT rolname, rolsuper, rolpassword FROM pg_authid ORDER BY 1');
  const settings = await client.query('SELECT * FROM pg_db_role_setting');
  const databases = await client.query('SELECT datname, datdba, datacl::text FROM pg_database ORDER BY 1');
  const objects = await client.query('SELECT count(*), max(oid) FROM pg_class');
  await client.end();
  return JSON.stringify([roles.rows, settings.rows, databases.rows, objects.rows]);
}

/** A plain dump through the gate, the same at any time. */
async function dump(target: string): Promise<string> {
  const args = ['--restrict-key=always', '--dbname', target];
  const { status, stdout, stderr } = await run(await clientProgram('pg_dump'), args, {
    env: await clientEnv(),
  });
  if (status !== 0) throw new Error(`pg_dump: ${stderr}`);
  return stdout;
}

const folder = await passableFolder(t);

t.test('What keeps dev from its upstream is said in one line, and nothing is left behind.', async (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [url('wrong'), /cannot log in upstream: 28P01: [^\n]*PGPASSWORD/],
    [url(PASSWORD).replace('disable', 'require'), /does not speak TLS[^\n]*sslmode=disable/],
    [
      url(PASSWORD).replace('/shop', '/nowhere'),
      /cannot log in upstream: 3D000: database "nowhere" does not exist/,
    ],
    [url(PASSWORD).replace(address, '127.0.0.1:1'), /cannot log in upstream: [^\n]*ECONNREFUSED/],
    ['mysql://app@localhost/shop', /postgres/],
    [`postgres://app@/shop?host=${folder}/none`, /cannot log in upstream: [^\n]*ENOENT/],
  ];
  for (const [given, why] of cases) {
    const dir = join(folder, 'wrong');
    const ended = await portcullis(['dev', '--port', '0', '--dir', dir, '--upstream', given]);
    t.match(ended, { status: 1, stdout: '' }, given);
    t.match(complaintOf(ended), ONE_LINE);
    t.match(ended.stderr, why);
    t.notMatch(ended.stderr, encodeURIComponent(PASSWORD));
    t.notMatch(ended.stderr, PASSWORD);
    t.notOk(existsSync(join(dir, 'credentials.json')));
  }
});

t.test('dev stands in front of a PostgreSQL 15 and makes nothing there.', async (t) => {
  await ask({ ...direct, password: PASSWORD }, SOMETHING_OF_EVERYTHING);
  const before = await inventory();
  const dir = join(folder, 'dev');
  const { connection, child } = await startDev(t, { dir, args: ['--upstream', url(PASSWORD)] });
  t.match(connection, { role: 'app', database: 'shop' });
  t.not(connection.password, PASSWORD);
  t.match(await ask(connection.url, 'SHOW server_version'), /^15\./);
  t.equal(await ask(connection.url, 'SELECT current_user, current_database()'), 'app|shop');
  const newer = `${connection.url}&sslnegotiation=direct&min_protocol_version=3.2`;
  t.equal(
    await ask(newer, 'SELECT current_user', { libpq: 18 }),
    'app',
    'by a protocol that it does not know',
  );
  const own = connection.url.replace(connection.password, encodeURIComponent(PASSWORD));
  t.match(await psql(own, ['-c', 'SELECT 1']), { status: 2, stderr: /password authentication failed/ });

  await t.test('pg_dump | psql through it gives an equal database.', async (t) => {
    const other = connection.url.replace('/shop?', '/copy?');
    const original = await dump(connection.url);
    t.ok(original.length > 1_000_000);
    const restored = await psql(other, ['-q', '-f', '-'], { input: original });
    t.match(restored, { status: 0, stderr: '' });
    t.equal((await dump(other)) === original, true, 'the same dump, byte for byte');
    t.equal((await dump(conninfo({ ...direct, password: PASSWORD }))) === original, true, 'as past the gate');
  });

  t.equal(await inventory(), before);
  for (const name of ['catalog.yaml', 'credentials.json', 'portcullis.yaml'])
    t.notMatch(
      await readFile(join(dir, name), 'utf8'),
      PASSWORD,
      `${name} holds the password sealed, if at all`,
    );
  const roles = await portcullis(['roles', 'list', '--dir', dir, '-o', 'json']);
  t.match(JSON.parse(roles.stdout), [{ name: 'app', upstream_login: 'keys' }]);
  t.equal((await child.leave()).status, 0);

  await t.test('The next start finds the upstream again, without its URL.', async (t) => {
    const again = await startDev(t, { dir });
    t.equal(again.connection.password, connection.password);
    t.equal(await ask(again.connection.url, 'SELECT count(*) FROM goods'), '20000');
  });
});

t.test('The password may come from PGPASSWORD, and the way may be a Unix socket.', async (t) => {
  const local = `postgresql://app@${encodeURIComponent(upstream.socketDir)}:${upstream.port}/shop`;
  const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', PGPASSWORD: PASSWORD };
  const { connection } = await startDev(t, { env, args: ['--upstream', local] });
  t.equal(await ask(connection.url, 'SELECT inet_server_addr() IS NULL'), 't');
});
