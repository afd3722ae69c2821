import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { run, startChild } from '../support/child.ts';
import { startGateway, verifierOf } from '../support/gateway.ts';
import { debianBinaries, startDebian15 } from '../support/postgres.ts';
import { ask, type Conninfo, clientEnv, conninfo } from '../support/psql.ts';

/** WAL streams through the gate, by PostgreSQL's own tools: COPY in both directions at once, for as long as it lasts. */

const PASSWORD = 'a password of the streamer';
const verifier = await verifierOf(PASSWORD);

const server = await startDebian15(t, {
  settings: { wal_level: 'logical', max_wal_senders: '8', max_replication_slots: '4' },
  hba: ['local all postgres trust', 'local replication all scram-sha-256', 'local all all scram-sha-256'],
  bootstrapSql: [
    `CREATE ROLE streamer LOGIN REPLICATION PASSWORD '${verifier}'`,
    'CREATE DATABASE streamer OWNER streamer',
  ],
});
const binaries = await debianBinaries('15');

const upstream = { host: server.socketDir, port: server.port };
const roles = [{ name: 'streamer', verifier }];
const gateway = await startGateway(t, {
  projects: [
    {
      id: 'shop',
      branches: [
        {
          id: 'br-open',
          name: 'open',
          default: true,
          replication: true,
          endpoints: [{ id: 'ep-open' }],
          upstream,
          roles,
        },
        { id: 'br-shut', name: 'shut', endpoints: [{ id: 'ep-shut' }], upstream, roles },
      ],
    },
  ],
});

function way(endpoint: string, more: Conninfo = {}): string {
  return conninfo(
    gateway.way({ user: 'streamer', password: PASSWORD, options: `endpoint=${endpoint}`, ...more }),
  );
}

async function tool(name: string): Promise<{ file: string; env: Record<string, string> }> {
  return { file: join(binaries?.bin ?? '', name), env: await clientEnv() };
}

t.test('pg_basebackup brings a whole cluster, its WAL streamed beside it.', async (t) => {
  const { file, env } = await tool('pg_basebackup');
  const folder = join(t.testdir(), 'backup');
  const { status, stderr } = await run(
    file,
    ['-d', way('ep-open'), '-D', folder, '-X', 'stream', '-c', 'fast'],
    {
      env,
    },
  );
  t.equal(status, 0, stderr);
  t.equal((await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim(), '15');
  const verify = await tool('pg_verifybackup');
  const verified = await run(verify.file, [folder], { env });
  t.equal(verified.status, 0, verified.stderr);
});

t.test('pg_recvlogical hears of changes while they are made.', async (t) => {
  const { file, env } = await tool('pg_recvlogical');
  const target = ['-d', way('ep-open', { dbname: 'streamer' }), '-S', 'slot'];
  const made = await run(file, [...target, '--create-slot', '-P', 'test_decoding'], { env });
  t.equal(made.status, 0, made.stderr);
  const listener = startChild(t, file, [...target, '--start', '-f', '-', '--fsync-interval=0'], { env });
  const session = gateway.way({ user: 'streamer', password: PASSWORD, dbname: 'streamer' });
  await ask({ ...session, options: 'endpoint=ep-open' }, 'CREATE TABLE heard (word text)');
  await ask({ ...session, options: 'endpoint=ep-open' }, "INSERT INTO heard VALUES ('something new')");
  await listener.until('the change', () => listener.stdout.includes('something new'));
  t.match(listener.stdout, /table public\.heard: INSERT: word\[text\]:'something new'/);
  const { status } = await listener.leave('SIGINT');
  t.equal(status, 0, 'it ends in order');
});

t.test('On a branch that does not allow it both are refused, and told why.', async (t) => {
  const refusal = /FATAL: {2}replication is not allowed on this branch/;
  const { env } = await tool('psql');
  const physical = await tool('pg_basebackup');
  const folder = join(t.testdir(), 'backup');
  const whole = await run(physical.file, ['-d', way('ep-shut'), '-D', folder], { env });
  t.not(whole.status, 0);
  t.match(whole.stderr, refusal);
  const logical = await tool('pg_recvlogical');
  const target = ['-d', way('ep-shut', { dbname: 'streamer' }), '-S', 'other'];
  const changes = await run(logical.file, [...target, '--create-slot', '-P', 'test_decoding'], { env });
  t.not(changes.status, 0);
  t.match(changes.stderr, refusal);
});
