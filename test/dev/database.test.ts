import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import t from 'tap';
import { runsAsRoot } from '../../src/dev/account.ts';
import type { Cluster } from '../../src/dev/cluster.ts';
import { type DevDatabaseOptions, openDevDatabase } from '../../src/dev/database.ts';
import { makeDevFolder } from '../../src/dev/place.ts';
import { formatVerifier, makeVerifier } from '../../src/scram/verifier.ts';
import { processStart } from '../../src/store/process-start.ts';
import { passableFolder } from '../support/postgres.ts';

/** ms between two looks at a process. */
const POLL = 10;

const GATEWAY = fileURLToPath(new URL('run-database.ts', import.meta.url));
const VERIFIER = await makeVerifier('first', Buffer.alloc(16, 1), 4096);
const NEXT_VERIFIER = await makeVerifier('second', Buffer.alloc(16, 2), 4096);

async function login(cluster: Cluster, password: string): Promise<pg.Client> {
  const { socketDir: host, port } = cluster;
  const client = new pg.Client({ host, port, user: 'ann', database: 'shop', password });
  await client.connect();
  return client;
}

async function query(cluster: Cluster, password: string, text: string): Promise<unknown> {
  const client = await login(cluster, password);
  try {
    return (await client.query(text)).rows[0];
  } finally {
    await client.end();
  }
}

// One story, told in order: each part begins where the one before has ended.
const root = await passableFolder(t);
const home = join(root, 'home');
await mkdir(home, { mode: 0o700 });
const dir = await makeDevFolder(join(home, '.portcullis'));
const far = join(root, 'lib');
const logged: string[] = [];
const options: DevDatabaseOptions = {
  dir,
  role: 'ann',
  database: 'shop',
  verifier: VERIFIER,
  farFolders: [far],
  log: (line) => logged.push(line),
  note: (line) => logged.push(line),
};

t.test('dev makes its database below a home that is closed, for root too.', async (t) => {
  const cluster = await openDevDatabase(options);
  try {
    t.equal((await lstat(join(dir, 'postgres'))).isSymbolicLink(), runsAsRoot());
    const row = await query(
      cluster,
      'first',
      'SELECT rolsuper, rolcreatedb, rolcreaterole, (SELECT datdba = r.oid FROM pg_database WHERE datname = current_database()) AS owns FROM pg_roles r WHERE rolname = current_user',
    );
    t.strictSame(row, { rolsuper: false, rolcreatedb: true, rolcreaterole: true, owns: true });
    await t.rejects(login(cluster, 'wrong'), { code: '28P01' });
    await query(cluster, 'first', 'CREATE TABLE kept AS SELECT 42 AS n');
  } finally {
    await cluster.stop();
  }
});

/** Lets another process open the database, and ends that by a signal; the process id of the server. */
async function endGateway(signal: NodeJS.Signals): Promise<number> {
  const args = [GATEWAY, dir, far, formatVerifier(VERIFIER)];
  const gateway = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(gateway, 'exit');
  const [chunk] = (await once(gateway.stdout, 'data')) as [Buffer];
  gateway.kill(signal);
  await exited;
  return Number(chunk.toString());
}

t.test('a gateway that exits takes its server with it.', async (t) => {
  const server = await endGateway('SIGTERM');
  while ((await processStart(server)) !== undefined) await setTimeout(POLL);
  t.pass('it ended by itself');
});

t.test('a killed gateway leaves a server, which the next one stops, and its data stay.', async (t) => {
  const orphan = await endGateway('SIGKILL');
  t.not(await processStart(orphan), undefined, 'it lives on');
  const cluster = await openDevDatabase(options);
  try {
    t.equal(await processStart(orphan), undefined);
    t.ok(logged.includes(`stopping a PostgreSQL (pid ${orphan}) that an earlier run left behind`));
    t.strictSame(await query(cluster, 'first', 'SELECT n FROM kept'), { n: 42 });
  } finally {
    await cluster.stop();
  }
});

t.test('another verifier is given to the role before the start.', async (t) => {
  const cluster = await openDevDatabase({ ...options, verifier: NEXT_VERIFIER });
  try {
    await t.rejects(login(cluster, 'first'), { code: '28P01' });
    t.strictSame(await query(cluster, 'second', 'SELECT n FROM kept'), { n: 42 });
  } finally {
    await cluster.stop();
  }
});

t.test('a role that is not there is an error with a mend, and changes nothing.', async (t) => {
  await t.rejects(openDevDatabase({ ...options, role: 'bob' }), {
    name: 'DevError',
    message: /role "bob" does not exist.*--dir/,
  });
  const cluster = await openDevDatabase({ ...options, verifier: NEXT_VERIFIER });
  try {
    t.strictSame(await query(cluster, 'second', 'SELECT n FROM kept'), { n: 42 });
  } finally {
    await cluster.stop();
  }
  t.notOk(
    logged.some((line) => line.includes('SCRAM-SHA-256$')),
    'no verifier is logged',
  );
});
