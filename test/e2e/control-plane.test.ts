import pg from 'pg';
import t from 'tap';
import { portcullis, startDev } from '../support/portcullis.ts';

const { connection, dir } = await startDev(t);
const { url, role } = connection;

/** Runs a command beside the running gateway. */
async function beside(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const { status, stdout, stderr } = await portcullis([...args, '--dir', dir]);
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return { stdout, stderr };
}

/** A session, and the SQLSTATE that it ends with. */
async function session(
  more: pg.ClientConfig = {},
): Promise<{ client: pg.Client; end: Promise<string | undefined> }> {
  const client = new pg.Client({ connectionString: url, ...more });
  const end = new Promise<string | undefined>((resolve) => {
    client.on('error', (error: Error & { code?: string }) => resolve(error.code));
  });
  await client.connect();
  return { client, end };
}

/** Tries until the gateway has read its catalog again. */
async function until<Value>(what: string, attempt: () => Promise<Value | undefined>): Promise<Value> {
  for (let tries = 0; tries < 200; tries += 1) {
    const value = await attempt();
    if (value !== undefined) return value;
  }
  throw new Error(`${what}: never`);
}

function refusal(): Promise<string | undefined> {
  return session().then(
    ({ client }) => client.end().then(() => undefined),
    (error: Error & { code?: string }) => error.code,
  );
}

t.test('An allowlist that shuts a live session out says so, and cuts it.', async (t) => {
  const { end } = await session();
  const { stderr } = await beside('ip-allow', 'add', '192.0.2.1');
  t.match(stderr, /^portcullis: warning: 1 live session from (127\.0\.0\.1|::1) is cut: ip-allow add/);
  t.equal(await end, '57P01');
  t.equal(await refusal(), '28000');
  t.match((await beside('ip-allow', 'reset')).stderr, /branch main of project \S+ is open to the world now/);
  const again = await until('admitted', () => session().catch(() => undefined));
  t.match((await again.client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  await again.client.end();
});

t.test('A new endpoint leads in at once; deleted, it ends its sessions and no others.', async (t) => {
  const { stdout } = await beside('endpoints', 'create', '-o', 'json');
  const { id } = JSON.parse(stdout) as { readonly id: string };
  const options = `endpoint=${id}`;
  const { end } = await until('the new endpoint', () => session({ options }).catch(() => undefined));
  const other = await session();
  await beside('endpoints', 'delete', id, '--yes');
  t.equal(await end, '57P01');
  t.match((await other.client.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  await other.client.end();
  await t.rejects(
    session({ options }),
    { code: '28P01' },
    'an endpoint that is not there looks like a wrong password',
  );
});

t.test('A new password ends sessions of the old one, which opens nothing any more.', async (t) => {
  const { end } = await session();
  const { stdout } = await beside('roles', 'reset-password', role, '--yes', '-o', 'json');
  const { password, upstream_sql } = JSON.parse(stdout);
  t.equal(upstream_sql, undefined, 'the cluster has it already');
  t.equal(await end, '57P01');
  t.equal(await refusal(), '28P01');
  t.match(password, /^[A-Za-z0-9]{22}$/);
  const client = new pg.Client({ connectionString: url.replace(/:[^:@/]+@/, `:${password}@`) });
  await client.connect();
  const { rows } = await client.query('SELECT 1 AS one');
  await client.end();
  t.strictSame(rows, [{ one: 1 }]);
});
