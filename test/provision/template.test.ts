import t from 'tap';
import { startDebian15, startEmbedded, type TestPostgres } from '../support/postgres.ts';
import { aLogin, column, session, type Workshop, workshopOn } from './a-cluster.ts';

const PASSWORD = 'a horse in Mexico';

/** Every kind of thing that a branch may have, and everything that must not come along. */
const PARENT = [
  'CREATE ROLE app LOGIN CREATEDB CREATEROLE',
  'CREATE ROLE readers NOLOGIN',
  'CREATE ROLE app_reader LOGIN',
  'GRANT readers TO app_reader',
  'CREATE DATABASE shop OWNER app',
];

const CONTENT = `
CREATE SCHEMA stock AUTHORIZATION app;
CREATE TABLE stock.items (id int PRIMARY KEY, owner name DEFAULT current_user, price int);
ALTER TABLE stock.items OWNER TO app;
INSERT INTO stock.items VALUES (1, 'app', 10), (2, 'app_reader', 20);
CREATE SEQUENCE stock.numbers; ALTER SEQUENCE stock.numbers OWNER TO app;
CREATE VIEW stock.cheap AS SELECT id FROM stock.items WHERE price < 15; ALTER VIEW stock.cheap OWNER TO app;
CREATE FUNCTION stock.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1'; ALTER FUNCTION stock.f OWNER TO app;
REVOKE EXECUTE ON FUNCTION stock.f FROM PUBLIC;
CREATE TYPE stock."odd ""type" AS ENUM ('a'); ALTER TYPE stock."odd ""type" OWNER TO app;
GRANT USAGE ON SCHEMA stock TO readers;
GRANT SELECT, UPDATE (price) ON stock.items TO readers;
GRANT EXECUTE ON FUNCTION stock.f TO app_reader WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE stock.numbers TO app_reader;
ALTER TABLE stock.items ENABLE ROW LEVEL SECURITY;
CREATE POLICY "odd ""policy" ON stock.items TO app_reader USING (price > 15);
ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA stock GRANT SELECT ON TABLES TO readers;
ALTER DEFAULT PRIVILEGES FOR ROLE app REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
SELECT lo_create(42); ALTER LARGE OBJECT 42 OWNER TO app; GRANT SELECT ON LARGE OBJECT 42 TO app_reader;
CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER away FOREIGN DATA WRAPPER nowhere;
CREATE USER MAPPING FOR app SERVER away OPTIONS (password 'the parent’s own');
CREATE USER MAPPING FOR PUBLIC SERVER away;
ALTER DATABASE shop SET search_path TO "odd, schema", stock;
ALTER DATABASE shop SET work_mem TO '5MB';
ALTER ROLE app IN DATABASE shop SET application_name TO 'it''s';
ALTER ROLE app_reader SET statement_timeout TO '7s';
REVOKE TEMPORARY ON DATABASE shop FROM PUBLIC;
GRANT CREATE ON DATABASE shop TO app_reader;
CREATE SUBSCRIPTION news CONNECTION 'host=/nowhere' PUBLICATION p WITH (connect = false);
`;

async function aShop(postgres: TestPostgres): Promise<Workshop> {
  await using client = await session({ ...postgres.superuser, database: 'shop' });
  await client.query(CONTENT);
  return workshopOn(postgres, [await aLogin('app', PASSWORD), await aLogin('app_reader', PASSWORD)]);
}

const SERVERS = { 18: startEmbedded, 15: startDebian15 } as const;

for (const [version, start] of Object.entries(SERVERS)) {
  t.test(`On PostgreSQL ${version}, a branch is a copy that is its own.`, async (t) => {
    const postgres = await start(t, { bootstrapSql: PARENT });
    const shop = await aShop(postgres);
    const before = await column(postgres, 'postgres', OUTSIDE);
    await shop.carry({ type: 'create-branch', name: 'feature' });
    t.strictSame(await column(postgres, 'postgres', OUTSIDE), before, 'nothing changes outside of it');
    t.equal(shop.intents.intent, undefined);
    const database = shop.database('feature');
    const [app, reader] = [shop.role('feature', 'app'), shop.role('feature', 'app_reader')];
    const place = { host: postgres.socketDir, port: postgres.port, database, password: PASSWORD };

    await using owner = await session({ ...place, user: app });
    t.strictSame((await owner.query('SELECT id FROM stock.items ORDER BY 1')).rows, [{ id: 1 }, { id: 2 }]);
    await owner.query('CREATE TABLE stock.later (); DROP VIEW stock.cheap');
    t.match((await owner.query('SHOW search_path')).rows, [{ search_path: '"odd, schema", stock' }]);
    t.match((await owner.query('SHOW application_name')).rows, [{ application_name: "it's" }]);

    await using other = await session({ ...place, user: reader });
    t.strictSame((await other.query('SELECT id FROM stock.items')).rows, [{ id: 2 }], 'row security');
    await other.query('SELECT * FROM stock.later', []);
    await other.query("SELECT stock.f(1), nextval('stock.numbers'), lo_get(42)");
    await other.query('CREATE SCHEMA mine');
    t.match((await other.query('SHOW statement_timeout')).rows, [{ statement_timeout: '7s' }]);
    await t.rejects(other.query('DELETE FROM stock.items'), { code: '42501' });
    await t.rejects(other.query('CREATE TEMP TABLE x ()'), { code: '42501' });

    t.strictSame(await column(postgres, database, 'SELECT 1 FROM pg_user_mappings'), []);
    t.strictSame(
      await column(
        postgres,
        database,
        `SELECT subname FROM pg_subscription s
      JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()`,
      ),
      [],
    );
    t.strictSame(await column(postgres, database, FOREIGN_OWNERS), [], 'nothing belongs to the parent’s');
    t.strictSame(
      await column(
        postgres,
        'postgres',
        `SELECT r.rolname || ' ' || u.rolname FROM pg_auth_members m
        JOIN pg_roles r ON r.oid = roleid JOIN pg_roles u ON u.oid = member
        WHERE u.rolname IN ('${app}', '${reader}') AND r.rolname IN ('app', 'readers', 'app_reader')`,
      ),
      [],
      'member of nothing of the parent’s',
    );
    t.strictSame(
      await column(
        postgres,
        'postgres',
        `SELECT rolname FROM pg_roles WHERE rolname IN ('${app}', '${reader}')
        AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)`,
      ),
      [],
    );
    t.strictSame(
      await column(
        postgres,
        'postgres',
        `SELECT has_database_privilege('app_reader', '${database}', 'CONNECT')`,
      ),
      [false],
    );
  });
}

/** Owners and rights of what is shared: the parent database among it. */
const OUTSIDE = `SELECT datname || ' ' || pg_get_userbyid(datdba) || ' ' || coalesce(datacl::text, '') FROM pg_database
  WHERE datname IN ('shop', 'postgres', 'template1')
UNION ALL SELECT subname || ' ' || pg_get_userbyid(subowner) FROM pg_subscription
UNION ALL SELECT rolname || ' ' || coalesce(rolconfig::text, '') FROM pg_roles WHERE rolname IN ('app', 'readers', 'app_reader')
ORDER BY 1`;

/** What in this database depends on a role of the parent, default privileges aside. */
const FOREIGN_OWNERS = `SELECT classid::regclass || ' ' || deptype::text FROM pg_shdepend d JOIN pg_roles r ON r.oid = refobjid
  WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND rolname IN ('app', 'readers', 'app_reader') AND classid <> 'pg_default_acl'::regclass`;
