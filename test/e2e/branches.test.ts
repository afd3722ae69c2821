import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { portcullis, startDev, startPortcullis } from '../support/portcullis.ts';
import { ask } from '../support/psql.ts';

const dev = await startDev(t);
const { dir } = dev;

/** Runs a command beside the running gateway. */
async function beside(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const { status, stdout, stderr } = await portcullis([...args, '--dir', dir]);
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return { stdout, stderr };
}

interface ShownBranch {
  readonly id: string;
  readonly endpoints: readonly string[];
  readonly upstream: { readonly database: Readonly<Record<string, string>> };
}

async function createBranch(name: string): Promise<ShownBranch> {
  const { stdout } = await beside('branches', 'create', '--name', name, '--parent', 'main', '-o', 'json');
  return (JSON.parse(stdout) as { branch: ShownBranch }).branch;
}

/** What dev's own URL is for `main`, for a branch; the password is the same, as its verifier is. */
function urlOf({ endpoints: [endpoint] }: ShownBranch): string {
  return `${dev.connection.url}&options=endpoint%3D${endpoint}`;
}

/** The running gateway follows its catalog within a second. */
async function answered(url: string, sql: string): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask(url, sql);
    } catch (error) {
      if (tries === 50 || !/password authentication failed/.test(String(error))) throw error;
    }
  }
}

/** Databases and roles of the cluster that came with branches. */
async function leftBehind(): Promise<string> {
  return await ask(
    dev.connection.url,
    "SELECT count(*) FROM (SELECT datname AS n FROM pg_database UNION SELECT rolname FROM pg_roles) x WHERE n ~ '^app_'",
  );
}

t.test('A branch beside a running dev has the data of main, and keeps its own.', async (t) => {
  const main = dev.connection.url;
  await ask(main, 'CREATE TABLE items AS SELECT 1 AS id');
  const began = performance.now();
  const feature = await createBranch('feature');
  t.comment(`branches create took ${Math.round(performance.now() - began)} ms`);
  const url = urlOf(feature);
  t.equal(await answered(url, 'SELECT id FROM items'), '1');
  await ask(url, 'INSERT INTO items VALUES (2); CREATE TABLE more (); ALTER TABLE items ADD COLUMN x int');
  t.equal(await ask(main, 'SELECT * FROM items'), '1');
  t.not(await ask(url, 'SELECT current_user'), await ask(main, 'SELECT current_user'));

  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const cut = new Promise<string | undefined>((resolve) => {
    client.on('error', (error: Error & { code?: string }) => resolve(error.code));
  });
  await beside('branches', 'reset', 'feature', '--yes');
  t.equal(await cut, '57P01');
  t.equal(await answered(url, 'SELECT * FROM items'), '1');
  await beside('branches', 'delete', 'feature', '--yes');
  t.equal(await leftBehind(), '0');
  t.equal(existsSync(join(dir, 'catalog.yaml.pending')), false);
});

t.test('The parent’s idle sessions make room for the copy.', async (t) => {
  const idle = new pg.Client({ connectionString: dev.connection.url });
  await idle.connect();
  const end = new Promise<string | undefined>((resolve) => {
    idle.on('error', (error: Error & { code?: string }) => resolve(error.code));
  });
  await createBranch('second');
  t.equal(await end, '57P01');
  await beside('branches', 'delete', 'second', '--yes');
});

t.test('A command that is killed half way leaves nothing behind the next one.', async (t) => {
  const before = await readFile(join(dir, 'catalog.yaml'), 'utf8');
  const pending = join(dir, 'catalog.yaml.pending');
  const killed = startPortcullis(t, ['branches', 'create', '--name', 'third', '--dir', dir]);
  while (!existsSync(pending) && !killed.over) await new Promise((resolve) => setImmediate(resolve));
  killed.kill('SIGKILL');
  t.not((await killed.ended).status, 0);
  t.equal(existsSync(pending), true);
  t.match(JSON.parse(await readFile(pending, 'utf8')), { databases: [/^app_/], roles: [/^app_/] });
  await beside('roles', 'create', '--name', 'other');
  await beside('roles', 'delete', 'other', '--yes');
  t.equal(existsSync(pending), false);
  t.equal(await leftBehind(), '0');
  t.equal(await readFile(join(dir, 'catalog.yaml'), 'utf8'), before);
});

t.test('Ctrl-C takes back what was begun.', async (t) => {
  const interrupted = startPortcullis(t, ['branches', 'create', '--name', 'fourth', '--dir', dir]);
  const pending = join(dir, 'catalog.yaml.pending');
  while (!existsSync(pending) && !interrupted.over) await new Promise((resolve) => setImmediate(resolve));
  interrupted.kill('SIGINT');
  t.match(await interrupted.ended, { status: 1, stderr: 'portcullis: interrupted, and taken back\n' });
  t.equal(existsSync(pending), false);
  t.equal(await leftBehind(), '0');
});

t.test('A restart finds branches again, and ends what a killed command has begun.', async (t) => {
  const kept = await createBranch('kept');
  await answered(urlOf(kept), 'CREATE TABLE of_mine ()');
  const killed = startPortcullis(t, ['branches', 'create', '--name', 'fifth', '--dir', dir]);
  const pending = join(dir, 'catalog.yaml.pending');
  while (!existsSync(pending) && !killed.over) await new Promise((resolve) => setImmediate(resolve));
  killed.kill('SIGKILL');
  await killed.ended;
  await dev.child.leave();
  const again = await startDev(t, { dir });
  t.equal(existsSync(pending), false);
  const url = `${again.connection.url}&options=endpoint%3D${kept.endpoints[0]}`;
  t.equal(await ask(url, "SELECT count(*) FROM pg_tables WHERE tablename = 'of_mine'"), '1');
  const names = "SELECT count(*) FROM pg_database WHERE datname ~ '^app_'";
  t.equal(await ask(again.connection.url, names), '1', 'only the one that was kept');
});
