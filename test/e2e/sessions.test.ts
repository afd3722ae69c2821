import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { serialize } from 'pg-protocol';
import t, { type Test } from 'tap';
import { run } from '../support/child.ts';
import { login } from '../support/client-login.ts';
import { message } from '../support/frontend-messages.ts';
import { startDev } from '../support/portcullis.ts';
import { ask, clientEnv, clientProgram, psql } from '../support/psql.ts';
import { errorSeen, RawClient } from '../support/raw-client.ts';

const PIPELINED = 1000;

const { connection, dir } = await startDev(t);
const { url, port, role, password, database } = connection;

/** A client that sends what it likes, logged in. */
async function rawSession(t: Test): Promise<{ client: RawClient; pid: number }> {
  const client = await (await RawClient.connect(port)).requestTls();
  t.teardown(() => client.destroy());
  const { pid } = await login(client, { user: role, password, parameters: { database } });
  return { client, pid };
}

async function pgClient(t: Test): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  return client;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  return int32(value).subarray(2);
}

t.test(`${PIPELINED} statements sent without waiting are answered in order.`, async (t) => {
  const { client } = await rawSession(t);
  const statements = Array.from({ length: PIPELINED }, (_, n) =>
    Buffer.concat([
      serialize.parse({ text: 'SELECT $1::int * 2', name: '', types: [] }),
      serialize.bind({ values: [`${n}`] }),
      serialize.execute(),
    ]),
  );
  client.send(...statements, serialize.sync());
  const answers: number[] = [];
  for (let n = 0; n < PIPELINED; n += 1) {
    await client.expect('1');
    await client.expect('2');
    answers.push(Number((await client.expect('D')).toString('latin1', 6)));
    await client.expect('C');
  }
  t.equal((await client.expect('Z')).toString(), 'I');
  t.strictSame(
    answers,
    Array.from({ length: PIPELINED }, (_, n) => 2 * n),
  );
});

t.test('libpq’s pipelines of 1,000 statements go through.', async (t) => {
  const script = join(dir, 'pipeline.sql');
  await writeFile(script, `\\startpipeline\n${'SELECT 1;\n'.repeat(PIPELINED)}\\endpipeline\n`);
  const args = ['-n', '-M', 'extended', '-f', script, '-c', '2', '-t', '3', url];
  const ended = await run(await clientProgram('pgbench'), args, { env: await clientEnv() });
  t.match(ended, { status: 0, stdout: /number of transactions actually processed: 6\/6/ });
  t.notMatch(ended.stderr, /error|fatal/i);
});

t.test('A mistake in a pipeline spoils what follows up to Sync, and nothing more.', async (t) => {
  const { client } = await rawSession(t);
  const statement = (text: string): Buffer =>
    Buffer.concat([serialize.parse({ text, name: '', types: [] }), serialize.bind({}), serialize.execute()]);
  client.send(statement('SELECT 1'), statement('SELECT 1/0'), statement('SELECT 2'), serialize.sync());
  client.send(statement('SELECT 3'), serialize.sync());
  // It fails in Bind, where PostgreSQL plans.
  for (const letter of '12DC1') await client.expect(letter);
  t.match(errorSeen(await client.expect('E')), { severity: 'ERROR', sqlstate: '22012' });
  for (const letter of 'Z12DCZ') await client.expect(letter);
});

t.test('LISTEN hears NOTIFY on an idle session, with the notifier’s pid.', async (t) => {
  const listener = await pgClient(t);
  const heard = new Promise<pg.Notification>((resolve) => listener.once('notification', resolve));
  await listener.query('LISTEN news');
  const pid = await ask(url, "NOTIFY news, 'it is so'; SELECT pg_backend_pid()");
  t.match(await heard, { channel: 'news', payload: 'it is so', processId: Number(pid.split('\n').at(-1)) });

  const own = await psql(url, ['-c', 'LISTEN own', '-c', "NOTIFY own, 'x'", '-c', 'SELECT pg_backend_pid()']);
  const [, said, told] = /with payload "x" received from server process with PID (\d+)\.\n(\d+)/.exec(
    own.stdout.replace(/^(LISTEN|NOTIFY)\n/gm, ''),
  ) ?? ['', 'no pid', 'no notification'];
  t.equal(said, told, own.stdout);
});

t.test('BackendKeyData holds the pid that the session itself would name.', async (t) => {
  const { client, pid } = await rawSession(t);
  client.send(serialize.query('SELECT pg_backend_pid()'));
  await client.expect('T');
  t.equal((await client.expect('D')).toString('latin1', 6), `${pid}`);
});

t.test('FunctionCall calls a function.', async (t) => {
  const { client } = await rawSession(t);
  const oid = Number(await ask(url, "SELECT 'int4mul(int, int)'::regprocedure::oid"));
  const argument = (value: number): Buffer => Buffer.concat([int32(4), int32(value)]);
  const formats = [int16(1), int16(1)];
  client.send(message('F', int32(oid), ...formats, int16(2), argument(6), argument(7), int16(1)));
  t.strictSame(await client.expect('V'), Buffer.concat([int32(4), int32(42)]));
  await client.expect('Z');
});

t.test('A portal is suspended and resumed; psql’s FETCH_COUNT reads by a cursor.', async (t) => {
  const { client } = await rawSession(t);
  const text = 'SELECT generate_series(1, 25)';
  client.send(serialize.parse({ text, name: '', types: [] }), serialize.bind({}), serialize.flush());
  for (const letter of '12') await client.expect(letter);
  for (const letters of [`${'D'.repeat(10)}s`, `${'D'.repeat(10)}s`, `${'D'.repeat(5)}C`]) {
    client.send(serialize.execute({ rows: 10 }), serialize.flush());
    for (const letter of letters) await client.expect(letter);
  }
  client.send(serialize.sync());
  await client.expect('Z');

  const args = ['-v', 'FETCH_COUNT=7', '-c', 'SELECT generate_series(1, 1000)'];
  const { stdout } = await psql(url, args);
  t.equal(stdout, Array.from({ length: 1000 }, (_, n) => `${n + 1}\n`).join(''));
});

t.test('What a client asks for at its startup reaches the upstream.', async (t) => {
  const env = { PGOPTIONS: '-c work_mem=12345kB -c geqo=off', PGTZ: 'Asia/Tokyo', PGDATESTYLE: 'German' };
  const settings = ['work_mem', 'geqo', 'TimeZone', 'DateStyle', 'application_name', 'client_encoding'];
  const sql = `SELECT ${settings.map((name) => `current_setting('${name}')`).join()}`;
  const encoded = { ...env, PGCLIENTENCODING: 'LATIN1' };
  t.equal(
    await ask(`${url}&application_name=a%20b%27c`, sql, { env: encoded }),
    "12345kB|off|Asia/Tokyo|German, DMY|a b'c|LATIN1",
  );
  const endpoint = `options=endpoint%3D${connection.endpoint}%20-c%20work_mem%3D4321kB`;
  t.equal(await ask(`${url}&${endpoint}`, 'SHOW work_mem'), '4321kB');
  const wrong = await psql(url, ['-c', 'SELECT 1'], { env: { PGOPTIONS: '-c nonsense=1' } });
  t.match(wrong, { status: 2, stderr: /FATAL: {2}unrecognized configuration parameter "nonsense"/ });
});

t.test(
  'An error of the upstream arrives with all its fields, and the transaction’s state is right.',
  async (t) => {
    const client = await pgClient(t);
    await client.query('CREATE TABLE goods (id int CONSTRAINT goods_key PRIMARY KEY)');
    await client.query('BEGIN');
    await client.query('INSERT INTO goods VALUES (1)');
    const error = {
      severity: 'ERROR',
      code: '23505',
      message: 'duplicate key value violates unique constraint "goods_key"',
      detail: 'Key (id)=(1) already exists.',
      schema: 'public',
      table: 'goods',
      constraint: 'goods_key',
      file: 'nbtinsert.c',
      routine: '_bt_check_unique',
    };
    await t.rejects(client.query('INSERT INTO goods VALUES (1)'), error);
    await t.rejects(client.query('SELECT 1'), { code: '25P02' });
    await client.query('ROLLBACK');
    await t.rejects(client.query('SELECT nothing FROM goods'), { code: '42703', position: '8' });
    t.strictSame((await client.query('SELECT count(*)::int AS n FROM goods')).rows, [{ n: 0 }]);
  },
);

t.test('COPY by a client that breaks off leaves nothing, and the session goes on.', async (t) => {
  const { client } = await rawSession(t);
  client.send(serialize.query('CREATE TABLE copied (n int)'));
  for (const letter of 'CZ') await client.expect(letter);
  client.send(serialize.query('COPY copied FROM STDIN'));
  await client.expect('G');
  client.send(message('d', '1\n2\n'), message('f', 'enough\0'));
  t.match(errorSeen(await client.expect('E')), { sqlstate: '57014', message: /enough/ });
  await client.expect('Z');
  client.send(serialize.query('SELECT count(*) FROM copied'));
  await client.expect('T');
  t.equal((await client.expect('D')).toString('latin1', 6), '0');
});
