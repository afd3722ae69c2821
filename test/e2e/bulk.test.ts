import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import t, { type Test } from 'tap';
import { type Ended, run } from '../support/child.ts';
import { startDev } from '../support/portcullis.ts';
import { ask, clientEnv, clientProgram, psql } from '../support/psql.ts';
import { isFull, size } from '../support/size.ts';

const MIB = 1024 * 1024;
const COPIED_ROWS = size(10_000_000, 200_000);
const BYTEA_BYTES = size(256, 24) * MIB;
const BENCH_SCALE = size(10, 1);
const BENCH_SECONDS = size(10, 2);
const BENCH_CLIENTS = 16;
/** Before the first field's bytes: signature, flags, extension, count of fields, length (manual, COPY). */
const COPY_HEAD_BYTES = 25;
/** What the gateway may take at its peak, whatever goes through: far less than goes through. */
const MEMORY_BYTES = 300 * MIB;

if (isFull) t.setTimeout(600_000);

const { connection, child } = await startDev(t);
const { url } = connection;
const folder = t.testdir();

/** @param start and `end`: of the bytes that count, the latter not included. */
async function sha256(path: string, start = 0, end = Number.POSITIVE_INFINITY): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { start, end: end - 1 }), hash);
  return hash.digest('hex');
}

/** Of the bytes as psql prints them. */
function hexDigest(bytes: Buffer): string {
  const hash = createHash('sha256').update('\\x');
  for (let i = 0; i < bytes.length; i += MIB) hash.update(bytes.toString('hex', i, i + MIB));
  return hash.update('\n').digest('hex');
}

/** The most memory that the gateway had at any time so far (proc(5), VmHWM). */
async function peakMemory(): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Runs psql's meta-commands or statements, one after another; all are to succeed. */
async function psqlAll(t: Test, ...commands: readonly string[]): Promise<string> {
  const started = performance.now();
  const { status, stdout, stderr } = await psql(url, ['-q', ...commands.flatMap((each) => ['-c', each])]);
  t.equal(status, 0, stderr);
  t.comment(`${commands.at(-1)}: ${Math.round(performance.now() - started)} ms`);
  return stdout.trimEnd();
}

async function pgbench(...args: readonly string[]): Promise<Ended> {
  return await run(await clientProgram('pgbench'), [...args, url], { env: await clientEnv() });
}

t.test(`COPY of ${COPIED_ROWS} rows out and in again gives equal checksums.`, async (t) => {
  const [out, back] = [join(folder, 'out.tsv'), join(folder, 'back.tsv')];
  await psqlAll(
    t,
    `CREATE TABLE goods AS SELECT n, md5(n::text) AS name, n / 7.0 AS price, E'a\\tb\\\\' || n AS text
       FROM generate_series(1, ${COPIED_ROWS}) AS n`,
    'CREATE TABLE again (LIKE goods)',
  );
  await psqlAll(t, `\\copy goods TO '${out}'`);
  await psqlAll(t, `\\copy again FROM '${out}'`);
  await psqlAll(t, `\\copy again TO '${back}'`);
  t.equal(await sha256(back), await sha256(out));
  const sum = (table: string): Promise<string> =>
    psqlAll(t, `SELECT count(*), sum(hashtextextended(${table}::text, 0)) FROM ${table}`);
  const original = await sum('goods');
  t.match(original, new RegExp(`^${COPIED_ROWS}\\|`));
  t.equal(await sum('again'), original);
});

t.test(`A bytea of ${BYTEA_BYTES / MIB} MiB goes in and comes out whole.`, async (t) => {
  const data = randomFillSync(Buffer.allocUnsafe(BYTEA_BYTES));
  const digest = createHash('sha256').update(data).digest('hex');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  await client.query('CREATE TABLE big (data bytea)');
  await client.query('ALTER TABLE big ALTER data SET STORAGE EXTERNAL');
  const started = performance.now();
  await client.query('INSERT INTO big VALUES ($1)', [data]);
  t.comment(`in by a Bind message: ${Math.round(performance.now() - started)} ms`);
  const { rows } = await client.query("SELECT encode(sha256(data), 'hex') AS digest FROM big");
  t.equal(rows[0].digest, digest);

  const [binary, text] = [join(folder, 'big.bin'), join(folder, 'big.txt')];
  await psqlAll(t, `\\copy big TO '${binary}' (FORMAT binary)`);
  t.equal(await sha256(binary, COPY_HEAD_BYTES, COPY_HEAD_BYTES + BYTEA_BYTES), digest);
  await psqlAll(t, `\\o ${text}`, 'SELECT data FROM big');
  t.equal((await stat(text)).size, '\\x'.length + 2 * BYTEA_BYTES + '\n'.length);
  t.equal(await sha256(text), hexDigest(data));
});

t.test('A large object goes in and comes out whole.', async (t) => {
  const [given, got] = [join(folder, 'given'), join(folder, 'got')];
  await writeFile(given, randomFillSync(Buffer.allocUnsafe(3 * MIB + 4711)));
  await psqlAll(t, `\\lo_import '${given}' picture`);
  const oid = await ask(url, 'SELECT oid FROM pg_largeobject_metadata');
  await psqlAll(t, `\\lo_export ${oid} '${got}'`);
  t.equal(await sha256(got), await sha256(given));
});

t.test(`pgbench -i -s ${BENCH_SCALE} and -c ${BENCH_CLIENTS} run without one error.`, async (t) => {
  const made = await pgbench('-i', '-s', `${BENCH_SCALE}`);
  t.equal(made.status, 0, made.stderr);
  t.match(made.stderr, /\ndone in /);
  t.equal(await ask(url, 'SELECT count(*) FROM pgbench_accounts'), `${BENCH_SCALE * 100_000}`);
  const clients = ['-c', `${BENCH_CLIENTS}`, '-j', '2'];
  for (const mode of ['simple', 'prepared']) {
    const ran = await pgbench('-n', '-M', mode, ...clients, '-T', `${BENCH_SECONDS}`);
    t.equal(ran.status, 0, ran.stderr);
    t.match(ran.stdout, /number of failed transactions: 0 /);
    t.notMatch(ran.stderr, /error|fatal/i);
    t.comment(`${mode}: ${/tps = \S+/.exec(ran.stdout)?.[0]}`);
  }
  const sums =
    'SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(delta) FROM pgbench_history)';
  t.equal(await ask(url, sums), 't', 'no transaction was lost');
});

t.test(`${BENCH_CLIENTS} clients that come and go are all let in.`, async (t) => {
  const ran = await pgbench('-n', '-C', '-S', '-c', `${BENCH_CLIENTS}`, '-j', '2', '-t', `${size(50, 5)}`);
  t.equal(ran.status, 0, ran.stderr);
  t.match(ran.stdout, /number of failed transactions: 0 /);
  t.notMatch(ran.stderr, /error|fatal/i);
});

t.test('All that went through took no memory to speak of.', async (t) => {
  const peak = await peakMemory();
  t.comment(`${Math.round(peak / MIB)} MiB at most`);
  t.ok(peak < MEMORY_BYTES, `${peak} bytes`);
});
