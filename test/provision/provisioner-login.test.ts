import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { Secret } from '../../src/catalog/secret.ts';
import { startDebian15, startEmbedded } from '../support/postgres.ts';
import { aLogin, column, session, workshopOn } from './a-cluster.ts';

const BOOTSTRAP = [
  'CREATE ROLE app LOGIN',
  'CREATE DATABASE shop OWNER app',
  "CREATE ROLE maker LOGIN CREATEDB CREATEROLE PASSWORD 'of the maker'",
  'GRANT app TO maker',
];
const MAKER = { role: 'maker', password: new Secret('of the maker') };
const CONTENT = `CREATE SCHEMA s AUTHORIZATION app; SET ROLE app; CREATE TABLE s.items AS SELECT 1 AS id;
GRANT SELECT ON s.items TO PUBLIC; ALTER DATABASE shop SET work_mem TO '5MB'`;

for (const [version, start] of Object.entries({ 18: startEmbedded, 15: startDebian15 })) {
  t.test(`On PostgreSQL ${version}, a provisioner need not be a superuser.`, async (t) => {
    const postgres = await start(t, { bootstrapSql: BOOTSTRAP });
    await column(postgres, 'shop', CONTENT).catch(() => undefined);
    const shop = workshopOn(postgres, [await aLogin('app', 'x')], MAKER);
    await shop.carry({ type: 'create-branch', name: 'feature' });
    const place = { host: postgres.socketDir, port: postgres.port, password: 'x' };
    const database = shop.database('feature');
    {
      await using client = await session({ ...place, user: shop.role('feature', 'app'), database });
      t.match((await client.query('TABLE s.items')).rows, [{ id: 1 }]);
      await client.query('DROP TABLE s.items');
    }
    await shop.carry({ type: 'reset-branch', branch: 'feature' });
    await shop.carry({ type: 'reset-password', branch: 'feature', role: 'app' });
    await shop.carry({ type: 'delete-branch', branch: 'feature' });
    t.strictSame(shop.warnings, []);
    const left =
      "SELECT rolname FROM pg_roles WHERE rolname ~ '^app_' UNION SELECT datname FROM pg_database WHERE datname ~ '^shop_'";
    t.strictSame(await column(postgres, 'postgres', left), []);
    t.strictSame(
      await column(
        postgres,
        'postgres',
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'shop'",
      ),
      ['app'],
    );
  });
}

const postgres = await startEmbedded(t, { bootstrapSql: BOOTSTRAP });

t.test('Who is no superuser enters no database whose triggers would run as him.', async (t) => {
  const shop = workshopOn(postgres, [await aLogin('app', 'x')], MAKER);
  await column(
    postgres,
    'shop',
    "CREATE FUNCTION trap() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN CREATE TABLE trapped (); END'",
  );
  for (const [event, message] of [
    ['ddl_command_start', /^the parent has event triggers, which would run as the provisioner/],
    ['login', /^database "shop" has a login event trigger, which would run as the provisioner/],
  ] as const) {
    await using client = await session({
      ...postgres.superuser,
      database: 'shop',
      options: '-c event_triggers=off',
    });
    await client.query(`CREATE EVENT TRIGGER trap ON ${event} EXECUTE FUNCTION trap()`);
    await client.end();
    await t.rejects(shop.carry({ type: 'create-branch', name: 'feature' }), { message });
    await using after = await session({
      ...postgres.superuser,
      database: 'shop',
      options: '-c event_triggers=off',
    });
    await after.query('DROP EVENT TRIGGER trap');
    t.strictSame((await after.query("SELECT 1 FROM pg_tables WHERE tablename = 'trapped'")).rows, []);
    await after.end();
  }
  // A login clears the mark of a trigger that is gone.
  await column(postgres, 'shop', 'SELECT 1');
  t.strictSame(await column(postgres, 'postgres', "SELECT 1 FROM pg_roles WHERE rolname ~ '^app_'"), []);
});

t.test('A provisioner without rights says what the cluster refused, and leaves nothing.', async (t) => {
  const shop = workshopOn(postgres, [await aLogin('app', 'x')], MAKER);
  await column(postgres, 'postgres', 'ALTER ROLE maker NOCREATEDB');
  await t.rejects(shop.carry({ type: 'create-branch', name: 'feature' }), {
    message: 'the cluster refused: permission denied to create database',
  });
  t.strictSame(await column(postgres, 'postgres', "SELECT 1 FROM pg_roles WHERE rolname ~ '^app_'"), []);
  t.equal(shop.intents.intent, undefined);
  await column(postgres, 'postgres', 'ALTER ROLE maker CREATEDB');
});

/** Until the server copies: who comes earlier is one of those in use. */
async function copyBegun(): Promise<void> {
  const copies = "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query ILIKE 'create database%'";
  while ((await column(postgres, 'postgres', copies)).length === 0) await setTimeout(5);
}

t.test('A parent in use is refused, or drained; whoever comes meanwhile waits.', async (t) => {
  const shop = workshopOn(postgres, [await aLogin('app', 'x')]);
  await using busy = await session({ ...postgres.superuser, database: 'shop' });
  await busy.query('BEGIN');
  await t.rejects(shop.carry({ type: 'create-branch', name: 'feature' }), {
    message:
      /^database "shop" of the parent is in use \(There is 1 other session using the database.\): end its sessions, or let --drain end them$/,
  });
  t.equal((await busy.query('SELECT 1 AS one')).rowCount, 1, 'it is untouched');
  const copying = shop.carry({ type: 'create-branch', name: 'feature' }, { drain: true });
  await setTimeout(200);
  t.equal((await busy.query('SELECT 1 AS one')).rowCount, 1, 'a transaction gets some time');
  await copyBegun();
  await using newcomer = await session({ ...postgres.superuser, database: 'shop' });
  await copying;
  t.equal((await newcomer.query('SELECT 1 AS one')).rowCount, 1);
  await t.rejects(busy.query('SELECT 1'));
  await newcomer.end();
  await shop.carry({ type: 'delete-branch', branch: 'feature' });
});
