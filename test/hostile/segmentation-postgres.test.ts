import { Client, type ClientConfig, DatabaseError } from 'pg';
import t from 'tap';
import { type RunningGateway, startGateway, verifierOf } from '../support/gateway.ts';
import { startEmbedded } from '../support/postgres.ts';

/** Two branches on one real cluster: what PostgreSQL's own rights keep apart, and what docs/segmentation.md warns of. */

const PASSWORD = 'a password of both';
const verifier = await verifierOf(PASSWORD);

const server = await startEmbedded(t, {
  bootstrapSql: [
    `CREATE ROLE shop LOGIN PASSWORD '${verifier}'`,
    `CREATE ROLE bank LOGIN PASSWORD '${verifier}'`,
    'CREATE ROLE owner NOLOGIN',
    'CREATE DATABASE shop OWNER shop',
    'CREATE DATABASE bank_data OWNER bank',
  ],
});

const upstream = { host: server.socketDir, port: server.port };
const gateway: RunningGateway = await startGateway(t, {
  projects: [
    {
      id: 'shop',
      branches: [
        {
          id: 'br-shop',
          name: 'main',
          default: true,
          endpoints: [{ id: 'ep-shop' }],
          upstream,
          roles: [{ name: 'shop', verifier }],
        },
      ],
    },
    {
      id: 'bank',
      branches: [
        {
          id: 'br-bank',
          name: 'main',
          default: true,
          endpoints: [{ id: 'ep-bank' }],
          upstream: { ...upstream, database: { bank: 'bank_data' } },
          roles: [{ name: 'bank', verifier }],
        },
      ],
    },
  ],
});

async function connect(user: string, database: string, other: ClientConfig = {}): Promise<Client> {
  const options = `endpoint=ep-${user} ${other.options ?? ''}`;
  const where = { host: '127.0.0.1', port: gateway.port, ssl: { rejectUnauthorized: false } };
  const client = new Client({ ...where, user, database, password: PASSWORD, ...other, options });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

/** The SQLSTATE with which it is refused. */
async function refused(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'let in';
  } catch (error) {
    if (error instanceof DatabaseError) return error.code ?? '';
    throw error;
  }
}

t.test('A branch’s role reaches its own database, and not the neighbour’s.', async (t) => {
  const own = await connect('shop', 'shop');
  const { rows } = await own.query('SELECT current_user AS who, current_database() AS place');
  t.same(rows, [{ who: 'shop', place: 'shop' }]);
  t.equal(await refused(connect('shop', 'bank_data')), '3D000');
  t.equal(await refused(connect('bank', 'bank_data')), '3D000', 'the bank itself calls it otherwise');
  const theirs = await connect('bank', 'bank');
  t.same((await theirs.query('SELECT current_database() AS place')).rows, [{ place: 'bank_data' }]);
});

t.test(
  'Options that ask for another role or identity give what PostgreSQL’s rights allow: nothing.',
  async (t) => {
    const insufficient = '42501';
    t.equal(await refused(connect('shop', 'shop', { options: '-c role=bank' })), insufficient);
    t.equal(await refused(connect('shop', 'shop', { options: '-c role=owner' })), insufficient);
    t.equal(
      await refused(connect('shop', 'shop', { options: '-c session_authorization=bank' })),
      insufficient,
    );
    const own = await connect('shop', 'shop', { options: '-c role=shop -c search_path=elsewhere' });
    const { rows } = await own.query("SELECT current_user AS who, current_setting('search_path') AS path");
    t.same(rows, [{ who: 'shop', path: 'elsewhere' }]);
    t.equal(await refused(own.query('SET ROLE bank')), insufficient);
  },
);

t.test('What a shared cluster cannot hide is what docs/segmentation.md says.', async (t) => {
  const theirs = await connect('bank', 'bank');
  const own = await connect('shop', 'shop');
  const { rows: roles } = await own.query("SELECT rolname FROM pg_roles WHERE rolname = 'bank'");
  t.same(roles, [{ rolname: 'bank' }], 'one set of roles');
  const { rows: databases } = await own.query("SELECT datname FROM pg_database WHERE datname = 'bank_data'");
  t.same(databases, [{ datname: 'bank_data' }], 'one list of databases');
  const { rows: sessions } = await own.query(
    "SELECT usename, datname, query FROM pg_stat_activity WHERE usename = 'bank'",
  );
  t.ok(sessions.length > 0, 'one pg_stat_activity');
  t.match(sessions[0], { usename: 'bank', datname: 'bank_data', query: '<insufficient privilege>' });
  const { rows: pids } = await theirs.query('SELECT pg_backend_pid() AS pid');
  t.equal(
    await refused(own.query('SELECT pg_terminate_backend($1)', [pids[0]?.pid])),
    '42501',
    'but no right to end it',
  );
});
