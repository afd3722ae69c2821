import { execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import t from 'tap';
import { runsAsRoot, serverAccount } from '../../src/dev/account.ts';
import { embeddedBinaries } from '../../src/dev/binaries.ts';
import { type ClusterOptions, openCluster } from '../../src/dev/cluster.ts';
import { formatVerifier, makeVerifier } from '../../src/scram/verifier.ts';
import { selfSigned } from '../support/openssl.ts';
import { passableFolder, startDebian15, startEmbedded, type WithTeardown } from '../support/postgres.ts';

const PASSWORD = 'correct horse';
const VERIFIER = await makeVerifier(PASSWORD, Buffer.alloc(16, 3), 4096);
const APP_ROLE = `CREATE ROLE app LOGIN PASSWORD '${formatVerifier(VERIFIER)}'`;

interface Scene extends ClusterOptions {
  readonly folder: string;
  readonly lines: string[];
}

async function scene(t: WithTeardown, more: Partial<ClusterOptions> = {}): Promise<Scene> {
  const folder = await passableFolder(t);
  const account = await serverAccount();
  const lines: string[] = [];
  return {
    folder,
    lines,
    account,
    binaries: await embeddedBinaries(account),
    dataDir: join(folder, 'data'),
    socketDir: join(folder, 'run'),
    settings: { fsync: 'off' },
    bootstrapSql: [],
    log: (line) => lines.push(line),
    ...more,
  };
}

/** Command lines of live processes that have to do with a folder. */
async function processesOf(folder: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-eo', 'args']);
  return stdout.split('\n').filter((line) => line.includes(folder) && !line.startsWith('ps '));
}

async function query(config: pg.ClientConfig, text: string): Promise<Record<string, unknown>> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query(text)).rows[0];
  } finally {
    await client.end();
  }
}

// One folder's story, told in order: each part begins where the one before has ended.
const story = await scene(t, { bootstrapSql: [APP_ROLE] });
const superuser = { host: story.socketDir, port: 5432, user: 'postgres', database: 'postgres' };

t.test('a new server takes logins by SCRAM, over its socket and nowhere else.', async (t) => {
  const half = `${story.dataDir}.init-0123456789ab`;
  await mkdir(join(half, 'base'), { recursive: true });
  const cluster = await openCluster(story);
  t.teardown(() => cluster.stop());
  t.notOk((await readdir(story.folder)).includes(basename(half)), 'what a killed initdb has left is gone');
  const app = { host: cluster.socketDir, port: cluster.port, user: 'app', database: 'postgres' };
  const row = await query(
    { ...app, password: PASSWORD },
    "SELECT current_user AS who, current_setting('listen_addresses') AS tcp, current_setting('TimeZone') AS zone, upper('é') AS upper",
  );
  t.strictSame(row, { who: 'app', tcp: '', zone: 'UTC', upper: 'É' });
  await t.rejects(query({ ...app, password: 'wrong' }, 'SELECT 1'), { code: '28P01' });
  // Whoever runs the server is its superuser, by the socket's word for who that is.
  t.strictSame(await query(superuser, "SELECT current_setting('is_superuser') AS is"), { is: 'on' });
  await query(superuser, 'CREATE TABLE kept AS SELECT 42 AS n');
});

t.test('stop ends the sessions and gives the folder back; the next start finds the data.', async (t) => {
  const first = await openCluster(story);
  await t.rejects(openCluster(story), { name: 'DevError', message: /already runs the database in/ });
  const idle = new pg.Client(superuser);
  await idle.connect();
  const errors: unknown[] = [];
  idle.on('error', (error) => errors.push(error));
  await first.stop();
  await idle.end();
  t.match(errors[0], { code: '57P01' });
  t.strictSame(await first.exited, { code: 0, signal: null });
  await first.stop();
  const second = await openCluster({ ...story, beforeStartSql: ['CREATE ROLE later'] });
  t.teardown(() => second.stop());
  const row = await query(superuser, "SELECT n, 'later'::regrole::text AS role FROM kept");
  t.strictSame(row, { n: 42, role: 'later' });
  const names = ['data', 'hba.conf', 'ident.conf', 'run', 'server.conf', 'server.lock'];
  t.strictSame((await readdir(story.folder)).sort(), names);
});

t.test('a server that was killed, and its stale file naming a live process, are no obstacle.', async (t) => {
  const first = await openCluster(story);
  process.kill(first.pid, 'SIGKILL');
  t.match(await first.exited, { signal: 'SIGKILL' });
  await first.stop();
  const { uid, gid } = story.account;
  const other = spawn('sleep', ['60'], { stdio: 'ignore', ...(runsAsRoot() ? { uid, gid } : {}) });
  t.teardown(() => other.kill());
  await writeFile(join(story.dataDir, 'postmaster.pid'), `${other.pid}\n${story.dataDir}\n`);
  await writeFile(join(story.socketDir, '.s.PGSQL.5432.lock'), `${other.pid}\n${story.dataDir}\n`);
  const second = await openCluster(story);
  await second.stop();
  t.equal(other.exitCode, null, 'the other process was left alone');
});

t.test('a start that fails is told, and leaves neither a process nor a lock.', async (t) => {
  const settings = { max_connections: 'many' };
  await t.rejects(openCluster({ ...story, settings }), {
    name: 'DevError',
    message: /PostgreSQL did not start: configuration file .* contains errors/,
  });
  t.ok(
    story.lines.some((line) => line.includes('"max_connections"')),
    'the log has it all',
  );
  t.strictSame(await processesOf(story.folder), []);
  await t.rejects(openCluster({ ...story, beforeStartSql: ['CREATE ROLE later'] }), {
    name: 'DevError',
    message: /cannot prepare .*: role "later" already exists/,
  });
  t.strictSame(await processesOf(story.folder), []);
  const cluster = await openCluster(story);
  await cluster.stop();
  t.notOk(
    story.lines.some((line) => line.includes('SCRAM-SHA-256$')),
    'no verifier is ever logged',
  );
});

t.test('an abort is heard at any time, and leaves neither a process nor a lock.', async (t) => {
  const reason = new Error('Ctrl-C');
  const abortAt = async (line: RegExp, options: Scene): Promise<void> => {
    const controller = new AbortController();
    const log = (text: string): void => {
      if (line.test(text)) controller.abort(reason);
    };
    await t.rejects(openCluster({ ...options, log, signal: controller.signal }), reason, `${line}`);
    t.strictSame(await processesOf(options.folder), []);
  };
  const fresh = await scene(t);
  await abortAt(/making a new database/, fresh);
  t.strictSame(await readdir(fresh.folder), ['run']);
  // The server's own lines may be heard late, so the start is cut into at one moment after another.
  let aborted = 0;
  for (let ms = 0; ms <= 40; ms += 8) {
    const signal = AbortSignal.timeout(ms);
    try {
      await (await openCluster({ ...story, signal })).stop();
    } catch (error) {
      t.equal(error, signal.reason, `after ${ms} ms`);
      aborted += 1;
    }
    t.strictSame(await processesOf(story.folder), []);
  }
  t.ok(aborted > 0, 'at least the first came in time');
  const cluster = await openCluster(story);
  await cluster.stop();
});

t.test('a bootstrap that fails leaves nothing.', async (t) => {
  const options = await scene(t);
  await t.rejects(openCluster({ ...options, bootstrapSql: ['CREATE ROLE good', `${APP_ROLE} NONSENSE`] }), {
    name: 'DevError',
    message: /cannot prepare .*: unrecognized role option "nonsense"/,
  });
  await t.rejects(openCluster({ ...options, bootstrapSql: ['a;\n\nb'] }), { name: 'DevError' });
  const missing = { ...options.binaries, bin: join(options.folder, 'none') };
  await t.rejects(openCluster({ ...options, binaries: missing }), {
    name: 'DevError',
    message: /cannot run .*\/none\/initdb as user .* \(ENOENT\)/,
  });
  t.strictSame(await readdir(options.folder), ['run']);
  t.notOk(
    options.lines.some((line) => line.includes('SCRAM-SHA-256$')),
    'no verifier is logged',
  );
  t.strictSame(await processesOf(options.folder), []);
});

t.test('data of another version, and what is no data, are errors of one line.', async (t) => {
  const options = await scene(t);
  await mkdir(options.dataDir);
  if (runsAsRoot()) {
    await t.rejects(openCluster(options), { name: 'DevError', message: /belongs to another user \(0\)/ });
    const { uid, gid } = options.account;
    await promisify(execFile)('chown', [`${uid}:${gid}`, options.dataDir]);
  }
  await t.rejects(openCluster(options), { name: 'DevError', message: /is not a database of PostgreSQL/ });
  await writeFile(join(options.dataDir, 'PG_VERSION'), '17\n');
  await t.rejects(openCluster(options), {
    name: 'DevError',
    message: /is a database of PostgreSQL 17, and this is PostgreSQL 18/,
  });
});

t.test("a folder for the socket that is somebody else's is not used.", async (t) => {
  const options = await scene(t);
  await writeFile(options.socketDir, 'a file');
  await t.rejects(openCluster(options), { name: 'DevError', message: /run is not ours/ });
});

t.test('any PostgreSQL serves TLS on TCP when a test asks for it.', async (t) => {
  const files = await selfSigned(await passableFolder(t), 'db', { san: 'IP:127.0.0.1' });
  const [cert, key] = [await readFile(files.cert, 'utf8'), await readFile(files.key, 'utf8')];
  const hba = ['local all postgres trust', 'hostssl all app 127.0.0.1/32 scram-sha-256'];
  for (const [start, major] of [
    [startEmbedded, '18'],
    [startDebian15, '15'],
  ] as const) {
    const server = await start(t, { tcp: { tls: { cert, key } }, hba, bootstrapSql: [APP_ROLE] });
    const app = {
      host: '127.0.0.1',
      port: server.port,
      user: 'app',
      password: PASSWORD,
      database: 'postgres',
    };
    const row = await query(
      { ...app, ssl: { ca: cert } },
      "SELECT current_setting('server_version_num') AS version",
    );
    t.match(row, { version: new RegExp(`^${major}`) });
    await t.rejects(query(app, 'SELECT 1'), { code: '28000' }, 'without TLS hba refuses');
    t.match(await query(server.superuser, 'SELECT current_user AS who'), { who: 'postgres' });
  }
});
