import t from 'tap';
import { startDebian15, startEmbedded, type TestPostgres } from '../support/postgres.ts';
import { aLogin, column, session, workshopOn } from './a-cluster.ts';

const BOOTSTRAP = ['CREATE ROLE app LOGIN', 'CREATE DATABASE shop OWNER app'];
const ODD_ROLE = `o'd"d \\ ; DROP TABLE x; --`;

/** Event triggers that would leave a trace of whoever does anything, under every firing rule. */
const TRAPS = `
CREATE TABLE public.trace (who text, superuser text, what text);
GRANT ALL ON public.trace TO PUBLIC;
CREATE FUNCTION public.trap() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO public.trace VALUES (current_user, current_setting('is_superuser'), tg_tag);
END$$;
CREATE EVENT TRIGGER before_ddl ON ddl_command_start EXECUTE FUNCTION public.trap();
CREATE EVENT TRIGGER "odd ""one" ON ddl_command_end EXECUTE FUNCTION public.trap();
ALTER EVENT TRIGGER "odd ""one" ENABLE ALWAYS;
CREATE EVENT TRIGGER replica ON sql_drop EXECUTE FUNCTION public.trap();
ALTER EVENT TRIGGER replica ENABLE REPLICA;
CREATE EVENT TRIGGER idle ON sql_drop EXECUTE FUNCTION public.trap();
ALTER EVENT TRIGGER idle DISABLE;
`;
const LOGIN_TRAP = `CREATE EVENT TRIGGER on_login ON login EXECUTE FUNCTION public.trap();
ALTER EVENT TRIGGER on_login ENABLE ALWAYS;`;
/** Objects for names that we might use, and what belongs to the parent's role. */
const OBJECTS = `
CREATE TABLE public.mine (); ALTER TABLE public.mine OWNER TO app;
CREATE TABLE public.probe (); GRANT SELECT ON public.probe TO app;
CREATE SCHEMA shadow AUTHORIZATION app;
CREATE FUNCTION shadow.trace_eq(name, name) RETURNS bool LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO public.trace VALUES (current_user, '', 'operator'); RETURN true; END$$;
CREATE OPERATOR shadow.= (LEFTARG = name, RIGHTARG = name, FUNCTION = shadow.trace_eq);
CREATE FUNCTION shadow.format(text, name) RETURNS text LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO public.trace VALUES (current_user, '', 'function'); RETURN 'SELECT 1'; END$$;
`;
/** What the owner of a database may set for all who enter it. */
const SETTINGS = `
ALTER DATABASE shop SET search_path TO shadow, pg_catalog;
ALTER DATABASE shop SET standard_conforming_strings TO off;
ALTER DATABASE shop SET default_transaction_read_only TO on;
ALTER DATABASE shop SET statement_timeout TO '1ms';
ALTER DATABASE shop SET row_security TO off;
`;

async function entered(postgres: TestPostgres, database: string, sql: string): Promise<unknown[]> {
  const quiet =
    '-c event_triggers=off -c search_path=pg_catalog -c statement_timeout=0 -c default_transaction_read_only=off -c standard_conforming_strings=on';
  const options = postgres.binaries.version.startsWith('15')
    ? quiet.replace('-c event_triggers=off', '')
    : quiet;
  await using client = await session({ ...postgres.superuser, database, options });
  const results: unknown = await client.query({ text: sql, rowMode: 'array' });
  const { rows } = (Array.isArray(results) ? results.at(-1) : results) as { rows: unknown[][] };
  return rows.map(([value]) => value);
}

for (const [version, start] of Object.entries({ 18: startEmbedded, 15: startDebian15 })) {
  t.test(`On PostgreSQL ${version}, nothing in a parent runs while it is copied.`, async (t) => {
    const postgres = await start(t, { bootstrapSql: BOOTSTRAP });
    await entered(postgres, 'shop', OBJECTS);
    await entered(postgres, 'shop', `${TRAPS}${version === '18' ? LOGIN_TRAP : ''}${SETTINGS}`);
    const shop = workshopOn(postgres, [await aLogin('app', 'x')]);
    const modes = "SELECT evtname || ' ' || evtenabled::text FROM pg_catalog.pg_event_trigger ORDER BY 1";
    const before = await entered(postgres, 'shop', modes);
    await entered(postgres, 'shop', 'DELETE FROM public.trace');
    await shop.carry({ type: 'create-branch', name: 'feature' });
    const database = shop.database('feature');
    t.strictSame(await entered(postgres, database, 'SELECT who || what FROM public.trace'), []);
    t.strictSame(await entered(postgres, 'shop', 'SELECT who || what FROM public.trace'), []);
    t.strictSame(await entered(postgres, database, modes), before, 'they are on again, each in its mode');
    t.strictSame(
      await entered(
        postgres,
        database,
        "SELECT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE relname = 'mine'",
      ),
      [shop.role('feature', 'app')],
    );
    await shop.carry({ type: 'delete-branch', branch: 'feature' });
  });
}

t.test('Names of any spelling are names.', async (t) => {
  const odd = `"${ODD_ROLE.replaceAll('"', '""')}"`;
  const postgres = await startEmbedded(t, {
    bootstrapSql: [`CREATE ROLE ${odd} LOGIN`, `CREATE DATABASE ${odd} OWNER ${odd}`],
  });
  await entered(
    postgres,
    ODD_ROLE,
    `CREATE SCHEMA ${odd} AUTHORIZATION ${odd}; SET ROLE ${odd};
    CREATE TABLE ${odd}.${odd} (${odd} int); GRANT SELECT (${odd}) ON ${odd}.${odd} TO pg_monitor`,
  );
  const shop = workshopOn(
    postgres,
    [await aLogin(ODD_ROLE, 'x')],
    {},
    {
      upstream: { ...workshopOn(postgres, []).branch('main').upstream, database: undefined },
    },
  );
  await shop.carry({ type: 'create-branch', name: ODD_ROLE });
  const database = shop.database(ODD_ROLE, ODD_ROLE);
  const owner = shop.role(ODD_ROLE, ODD_ROLE);
  t.match(owner, ODD_ROLE);
  t.strictSame(
    await entered(
      postgres,
      database,
      `SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text = quote_ident(${"'"}${ODD_ROLE.replaceAll("'", "''")}')`,
    ),
    [owner],
  );
  await shop.carry({ type: 'delete-branch', branch: ODD_ROLE });
  t.strictSame(
    await column(postgres, 'postgres', 'SELECT 1 FROM pg_database WHERE NOT datistemplate'),
    [1, 1],
  );
});

t.test('Names at PostgreSQL’s limit are cut into names that stay apart.', async (t) => {
  const [one, two] = ['a', 'b'].map((end) => `${'x'.repeat(62)}${end}`) as [string, string];
  const postgres = await startEmbedded(t, {
    bootstrapSql: [
      `CREATE ROLE ${one} LOGIN`,
      `CREATE ROLE ${two} LOGIN`,
      `CREATE DATABASE shop OWNER ${one}`,
    ],
  });
  const shop = workshopOn(postgres, [await aLogin(one, 'x'), await aLogin(two, 'x')]);
  await shop.carry({ type: 'create-branch', name: 'long' });
  const names = [shop.role('long', one), shop.role('long', two)];
  t.strictSame(
    names.map((name) => Buffer.byteLength(name)),
    [63, 63],
  );
  t.not(names[0], names[1]);
  await shop.carry({ type: 'delete-branch', branch: 'long' });
  t.strictSame(await column(postgres, 'postgres', "SELECT 1 FROM pg_roles WHERE rolname ~ '^xxx'"), [1, 1]);
});

t.test('A role of the parent that owns a subscription is not parted from it.', async (t) => {
  const postgres = await startEmbedded(t, { bootstrapSql: BOOTSTRAP });
  await column(postgres, 'postgres', 'GRANT pg_create_subscription TO app');
  await column(postgres, 'shop', 'GRANT CREATE ON DATABASE shop TO app');
  await column(
    postgres,
    'shop',
    "SET ROLE app; CREATE SUBSCRIPTION news CONNECTION 'host=/nowhere password=x' PUBLICATION p WITH (connect = false)",
  ).catch(() => undefined);
  const shop = workshopOn(postgres, [await aLogin('app', 'x')]);
  await t.rejects(shop.carry({ type: 'create-branch', name: 'feature' }), {
    message: 'a role of the parent owns the subscription news in shop: give it another owner first',
  });
  const owner = 'SELECT pg_get_userbyid(subowner) FROM pg_subscription';
  t.strictSame(await column(postgres, 'shop', owner), ['app']);
  t.strictSame(
    await column(postgres, 'postgres', 'SELECT 1 FROM pg_database WHERE NOT datistemplate'),
    [1, 1],
  );
});
