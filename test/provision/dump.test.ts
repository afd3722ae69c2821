import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { startDebian15 } from '../support/postgres.ts';
import { aLogin, column, session, type Workshop, workshopOn } from './a-cluster.ts';

const PASSWORD = 'a horse in Mexico';
const CONTENT = `
CREATE EXTENSION citext;
CREATE SCHEMA stock AUTHORIZATION app;
CREATE TABLE stock.items (id int PRIMARY KEY, n serial, who citext DEFAULT 'x');
ALTER TABLE stock.items OWNER TO app;
INSERT INTO stock.items VALUES (1), (2);
CREATE TABLE stock.notes AS SELECT 1 AS id; ALTER TABLE stock.notes OWNER TO writer;
CREATE FUNCTION stock.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1'; ALTER FUNCTION stock.f OWNER TO app;
REVOKE EXECUTE ON FUNCTION stock.f FROM PUBLIC;
GRANT USAGE ON SCHEMA stock TO PUBLIC;
GRANT SELECT (id) ON stock.items TO writer WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON TABLES TO writer;
ALTER TABLE stock.items ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON stock.items TO writer USING (id = 1);
ALTER DATABASE shop SET work_mem TO '5MB';
CREATE TABLE stock.trace (who text); ALTER TABLE stock.trace OWNER TO app;
CREATE FUNCTION stock.spy() RETURNS int LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO stock.trace VALUES (current_user); RETURN 1; END$$;
ALTER FUNCTION stock.spy OWNER TO app;
CREATE MATERIALIZED VIEW stock.view AS SELECT stock.spy(); ALTER MATERIALIZED VIEW stock.view OWNER TO app;
DELETE FROM stock.trace;
`;

const postgres = await startDebian15(t, {
  bootstrapSql: ['CREATE ROLE app LOGIN', 'CREATE ROLE writer LOGIN', 'CREATE DATABASE shop OWNER app'],
});
{
  await using client = await session({ ...postgres.superuser, database: 'shop' });
  await client.query(CONTENT);
}
const path = process.env['PATH'] ?? '';
process.env['PATH'] = `${postgres.binaries.bin}:${path}`;

async function aShop(): Promise<Workshop> {
  const roles = [await aLogin('app', PASSWORD), await aLogin('writer', PASSWORD)];
  return workshopOn(postgres, roles, { provisioner: 'dump' });
}

function made(): Promise<unknown[]> {
  return column(
    postgres,
    'postgres',
    `SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname NOT IN ('postgres', 'app', 'writer')
     UNION ALL SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1', 'shop')`,
  );
}

t.test('A parent that is in use is dumped, and restored as the branch’s own.', async (t) => {
  const shop = await aShop();
  await using busy = await session({ ...postgres.superuser, database: 'shop' });
  await busy.query('BEGIN; SELECT * FROM stock.items');
  await shop.carry({ type: 'create-branch', name: 'feature' });
  await busy.query('COMMIT');
  const database = shop.database('feature');
  const [app, writer] = [shop.role('feature', 'app'), shop.role('feature', 'writer')];
  t.strictSame(new Set(await made()), new Set([app, database, writer]), 'the role that restored is gone');
  const place = { host: postgres.socketDir, port: postgres.port, database, password: PASSWORD };

  await using owner = await session({ ...place, user: app });
  t.match((await owner.query('SELECT id, who FROM stock.items ORDER BY 1')).rows, [{ id: 1 }, { id: 2 }]);
  await owner.query("INSERT INTO stock.items VALUES (3); SELECT stock.f(1), 'A'::citext = 'a'");
  await owner.query('CREATE TABLE stock.later ()');
  t.match((await owner.query('SHOW work_mem')).rows, [{ work_mem: '5MB' }]);

  await using other = await session({ ...place, user: writer });
  t.strictSame((await other.query('SELECT id FROM stock.items')).rows, [{ id: 1 }], 'row security');
  await other.query('INSERT INTO stock.notes VALUES (2); SELECT * FROM stock.later');
  await t.rejects(other.query('SELECT n FROM stock.items'), { code: '42501' });
  await t.rejects(other.query('SELECT stock.f(1)'), { code: '42501' }, 'what PUBLIC may not');

  const owners = `SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
    WHERE relnamespace = 'stock'::regnamespace ORDER BY 1`;
  t.strictSame(await column(postgres, database, owners), [app, writer].sort());
  t.strictSame(
    await column(
      postgres,
      'postgres',
      "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'shop'",
    ),
    ['app'],
  );
});

t.test('A dumped branch is reset and deleted like any other.', async (t) => {
  const shop = await aShop();
  await shop.carry({ type: 'create-branch', name: 'again' });
  await column(postgres, shop.database('again'), 'DELETE FROM stock.items');
  await shop.carry({ type: 'reset-branch', branch: 'again' });
  t.strictSame(
    await column(postgres, shop.database('again'), 'SELECT id FROM stock.items ORDER BY 1'),
    [1, 2],
  );
  const before = (await made()).length;
  await shop.carry({ type: 'delete-branch', branch: 'again' });
  t.equal((await made()).length, before - 3);
  t.strictSame(shop.warnings, []);
});

t.test(
  'What a dump runs, runs as a role that can do nothing elsewhere; what fails leaves nothing.',
  async (t) => {
    const shop = await aShop();
    const before = await made();
    await shop.carry({ type: 'create-branch', name: 'spied' });
    t.match(await column(postgres, shop.database('spied'), 'SELECT who FROM stock.trace'), [/^restore_/]);
    await shop.carry({ type: 'delete-branch', branch: 'spied' });

    await column(postgres, 'shop', 'CREATE FOREIGN DATA WRAPPER nowhere');
    await t.rejects(shop.carry({ type: 'create-branch', name: 'failed' }), {
      message: /^pg_restore failed: error: .*permission denied to create foreign-data wrapper "nowhere"/,
    });
    await column(postgres, 'shop', 'DROP FOREIGN DATA WRAPPER nowhere');
    t.strictSame(await made(), before);
  },
);

/** What an owner of a database may set for all who enter it, and an operator for names that we might use. */
const SHADOW = `
CREATE SCHEMA shadow; CREATE TABLE shadow.trace (who text); GRANT ALL ON SCHEMA shadow TO PUBLIC;
GRANT ALL ON shadow.trace TO PUBLIC;
CREATE FUNCTION shadow.eq(name, name) RETURNS bool LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO shadow.trace VALUES (current_user); RETURN $1 OPERATOR(pg_catalog.=) $2; END$$;
CREATE OPERATOR shadow.= (LEFTARG = name, RIGHTARG = name, FUNCTION = shadow.eq);
ALTER DATABASE shop SET search_path TO shadow, pg_catalog;
ALTER DATABASE shop SET statement_timeout TO '1ms';
ALTER DATABASE shop SET default_transaction_read_only TO on;
`;

t.test('What the owner of a parent sets for everyone is not set for us.', async (t) => {
  const shop = await aShop();
  {
    await using client = await session({ ...postgres.superuser, database: 'shop' });
    await client.query(SHADOW);
  }
  await shop.carry({ type: 'create-branch', name: 'shadowed' });
  for (const database of ['shop', shop.database('shadowed')]) {
    await using client = await session({ ...postgres.superuser, database, statement_timeout: 5000 });
    t.strictSame((await client.query('SELECT who FROM shadow.trace')).rows, []);
  }
  await shop.carry({ type: 'delete-branch', branch: 'shadowed' });
  await column(postgres, 'postgres', 'ALTER DATABASE shop RESET ALL');
});

t.test('Programs that are missing or too old are told with the mend.', async (t) => {
  const shop = await aShop();
  const before = await made();
  const folder = t.testdir({});
  process.env['PATH'] = folder;
  await t.rejects(shop.carry({ type: 'create-branch', name: 'none' }), {
    message: 'pg_dump is not on PATH: install PostgreSQL’s client programs, or take provisioner: template',
  });
  await writeFile(join(folder, 'pg_dump'), '#!/bin/sh\nexit 127\n', { mode: 0o755 });
  process.env['PATH'] = `${folder}:/usr/bin:/bin`;
  await t.rejects(shop.carry({ type: 'create-branch', name: 'broken' }), {
    message: 'pg_dump does not run: mend PostgreSQL’s client programs, or take provisioner: template',
  });
  await writeFile(join(folder, 'pg_dump'), '#!/bin/sh\necho "pg_dump (PostgreSQL) 13.1"\n');
  await chmod(join(folder, 'pg_dump'), 0o755);
  process.env['PATH'] = `${folder}:/usr/bin:/bin`;
  await t.rejects(shop.carry({ type: 'create-branch', name: 'old' }), {
    message: 'pg_dump 13 is older than the server, 15: put that of 15 on PATH, or take provisioner: template',
  });
  process.env['PATH'] = path;
  t.strictSame(await made(), before);
});
