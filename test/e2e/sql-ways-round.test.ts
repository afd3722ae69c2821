import pg from 'pg';
import t from 'tap';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { PASSWORD } from '../support/client-login.ts';
import { all, bind, execute, parse } from '../support/extended-query.ts';
import { message, query, sync } from '../support/frontend-messages.ts';
import { psqlAtTerminal } from '../support/psql.ts';
import type { RawClient } from '../support/raw-client.ts';
import { framesUpTo, messagesIn, sqlScene } from './sql-scene.ts';

const WEAK = 'hunter2hunter2';
const STRONG = 'g6s7MQgx5ApdPqfJ';
const OBJECTED = [/^password is too weak/];
const MIB = 1024 * 1024;

const scene = await sqlScene(t);
const superuser = new pg.Client(scene.postgres.superuser);
await superuser.connect();
t.teardown(() => superuser.end());
// Whoever follows the order of teardowns would end the server first.
superuser.on('error', () => {});

async function stored(role = 'bob'): Promise<string | null> {
  const { rows } = await superuser.query<{ rolpassword: string | null }>(
    'SELECT rolpassword FROM pg_authid WHERE rolname = $1',
    [role],
  );
  return rows[0]?.rolpassword ?? null;
}

/** What the errors say that come up to the n-th ReadyForQuery. */
async function told(client: RawClient, readies: number, ...bytes: readonly Buffer[]): Promise<unknown[]> {
  client.send(...bytes);
  return messagesIn(await framesUpTo(client, readies));
}

t.test('No way round leads to a weak password.', async (t) => {
  const before = await stored();
  const off = 'SET standard_conforming_strings = off';
  const quoted = `ALTER ROLE bob PASSWORD 'x\\' || '${STRONG}' /*' */`;
  const hidden = `SELECT '\\'; ALTER ROLE bob PASSWORD ''${WEAK}''; --'`;
  const weak = `ALTER ROLE bob PASSWORD '${WEAK}'`;
  const sjis = Buffer.concat([
    Buffer.from("SELECT E'"),
    Buffer.from([0x83, 0x5c]),
    Buffer.from(`'; ${weak}; SELECT E'`),
    Buffer.from([0x83, 0x5c]),
    Buffer.from("'\0"),
  ]);
  const ways: Readonly<Record<string, readonly [number, ...Buffer[]]>> = {
    'a backslash before its setting is known': [1, all(off), all(quoted), sync],
    'a backslash that hides a statement': [2, query(off), query(hidden)],
    'another encoding before it is known': [2, query("SET client_encoding = 'SJIS'"), message('Q', sjis)],
    'another encoding': [2, query("SET client_encoding = 'LATIN1'"), query(weak)],
    'a prepared statement': [2, parse(weak, 'a'), sync, bind('a'), execute(), sync],
    'unicode escapes': [1, query("ALTER ROLE bob PASSWORD U&'h\\0075nter2'")],
    'md5 instead of SCRAM': [2, query("SET password_encryption = 'md5'"), query(weak)],
    'a malformed verifier': [1, query("ALTER ROLE bob PASSWORD 'SCRAM-SHA-256$4096:hunter2'")],
    'a verifier': [1, query(`ALTER ROLE bob PASSWORD '${(await stored('app')) ?? ''}'`)],
    'a megabyte of comment': [1, query(`/*${'x'.repeat(MIB)}*/ ${weak}`)],
    'a megabyte of comment, parsed': [1, parse(`${weak} /*${'x'.repeat(MIB)}*/`), sync],
    'a role of the gate': [1, query(`ALTER ROLE app PASSWORD '${STRONG}'`)],
    'a role of the gate, by another name': [1, query(`ALTER ROLE CURRENT_USER PASSWORD '${STRONG}'`)],
  };
  const ofApp = await stored('app');
  for (const [name, [readies, ...bytes]] of Object.entries(ways)) {
    const client = await scene.through();
    const errors = await told(client, readies, ...bytes);
    t.equal(errors.length, 1, `${name}: ${errors.join()}`);
    t.strictSame([await stored(), await stored('app')], [before, ofApp], name);
    t.strictSame(await told(client, 1, query('SELECT 1')), [], `${name}: the session goes on`);
    client.destroy();
  }
});

t.test(
  'What is too large to be judged says so, and goes to PostgreSQL whole where it sets no password.',
  async (t) => {
    const client = await scene.through();
    const large = `/*${'x'.repeat(MIB)}*/`;
    const told1 = await told(client, 1, query(`${large} CREATE ROLE x PASSWORD '${STRONG}'`));
    t.strictSame(told1, ['a statement that could set a password is too large to be checked']);
    const told2 = await told(client, 1, parse(`CREATE ROLE x PASSWORD '${STRONG}' ${large}`), sync);
    t.strictSame(told2, told1);
    client.send(query(`SELECT md5('${large}'), 'create a user'`));
    const rows = (await framesUpTo(client, 1)).filter(({ type }) => type === 'D'.charCodeAt(0));
    const { rows: known } = await superuser.query<{ md5: string }>('SELECT md5($1)', [large]);
    t.match(rows[0]?.body.toString('latin1'), known[0]?.md5);
    client.destroy();
  },
);

t.test('A message is judged as a whole, also where every byte comes by itself.', async (t) => {
  const client = await scene.through();
  await client.trickle(Buffer.concat([query('SELECT 1'), all(`ALTER ROLE bob PASSWORD '${WEAK}'`), sync]));
  t.match(messagesIn(await framesUpTo(client, 2)), OBJECTED);
  client.destroy();
});

t.test('A strong password takes effect, in every form.', async (t) => {
  const client = await scene.through();
  let before = await stored();
  for (const bytes of [
    query(`ALTER ROLE bob PASSWORD '${STRONG}'`),
    query(`BEGIN; ALTER ROLE bob PASSWORD $$${STRONG}$$; COMMIT`),
    Buffer.concat([all(`ALTER ROLE bob PASSWORD E'${STRONG}\\u00e9'`), sync]),
    query(`ALTER ROLE bob PASSWORD '${STRONG}é'`),
  ]) {
    t.strictSame(await told(client, 1, bytes), []);
    const after = await stored();
    t.match(after, /^SCRAM-SHA-256\$/);
    t.not(after, before);
    before = after;
  }
  t.strictSame(await told(client, 1, query('ALTER ROLE bob PASSWORD NULL')), []);
  t.equal(await stored(), null);
  client.destroy();
});

t.test(
  'Where the branch has it off, nothing is looked at; a change of the catalog counts at once.',
  { skip: scene.gate === undefined && 'the gate is another process' },
  async (t) => {
    const { gate } = scene;
    if (gate === undefined) throw new Error('no gate');
    const { catalog } = gate;
    const client = await scene.through();
    const { branch } = catalog.defaultBranch ?? {};
    if (branch === undefined) throw new Error('no branch');
    const rules = (passwordMinBits: number | undefined) =>
      catalog.projects.map((project) => ({
        ...project,
        branches: [{ ...branch, sql: { ...branch.sql, passwordMinBits } }],
      }));
    gate.catalog = new CatalogSnapshot(rules(128));
    t.match(await told(client, 1, query(`ALTER ROLE bob PASSWORD '${STRONG}'`)), [/, at least 128 needed$/]);
    gate.catalog = new CatalogSnapshot(rules(undefined));
    const other = await scene.through();
    for (const each of [client, other])
      t.strictSame(await told(each, 1, query(`ALTER ROLE bob PASSWORD '${WEAK}'`)), []);
    gate.catalog = catalog;
    client.destroy();
    other.destroy();
  },
);

t.test('psql’s \\password, which sends a hash, is told what to do instead.', async (t) => {
  const before = await stored();
  const way = {
    host: '127.0.0.1',
    port: scene.port,
    user: 'app',
    dbname: 'postgres',
    password: PASSWORD,
    sslmode: 'require',
    client_encoding: 'UTF8',
  };
  const psql = await psqlAtTerminal(t, way);
  psql.type('\\password bob\n');
  for (const prompt of ['Enter new password', 'Enter it again']) {
    await psql.until(prompt, () => psql.stdout.includes(prompt));
    psql.type(`${STRONG}\n`);
  }
  await psql.until('the hint', () => psql.stdout.includes('HINT:'));
  t.match(psql.stdout, /ERROR: {2}a password that is hashed already is not accepted here/);
  t.match(psql.stdout, /HINT: .*`portcullis roles reset-password`/);
  t.equal(await stored(), before);
  psql.type('\\q\n');
  await psql.ended;
});
