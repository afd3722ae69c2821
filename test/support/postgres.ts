import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serverAccount } from '../../src/dev/account.ts';
import { embeddedBinaries, type PostgresBinaries } from '../../src/dev/binaries.ts';
import { type Cluster, openCluster } from '../../src/dev/cluster.ts';
import { canReach, TRAVERSE } from '../../src/dev/reach.ts';
import { unless } from '../../src/store/system-error.ts';

const LOOPBACK = '127.0.0.1';

/** Another process may take a free port before the server does. */
const PORT_ATTEMPTS = 5;

/** The superuser without a password, over the socket alone; everyone else by SCRAM. */
const HBA = [
  'local all postgres trust',
  'local replication postgres trust',
  'local all all scram-sha-256',
  'host all all all scram-sha-256',
];

/** What of a test of tap's is used here. */
export interface WithTeardown {
  teardown(work: () => Promise<void>): void;
}

export interface TestPostgresOptions {
  /** Over `fsync=off`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of pg_hba.conf instead of the default: superuser by trust on the socket, all else scram-sha-256. */
  readonly hba?: readonly string[];
  /** Run by the superuser when the cluster is made; one statement an element. */
  readonly bootstrapSql?: readonly string[];
  /** Listens on 127.0.0.1 too, with TLS where PEM texts are given. */
  readonly tcp?: { readonly tls?: { readonly cert: string; readonly key: string } };
}

export interface TestPostgres {
  readonly cluster: Cluster;
  readonly binaries: PostgresBinaries;
  readonly socketDir: string;
  /** Of the socket, and of TCP on 127.0.0.1 where asked for. */
  readonly port: number;
  /** For pg's Client; the superuser. */
  readonly superuser: { host: string; port: number; user: string; database: string };
  /** What the server wrote to its log so far. */
  readonly logged: readonly string[];
  /** Also done when the test ends. */
  stop(): Promise<void>;
}

/** A PostgreSQL 18 of the test's own. */
export async function startEmbedded(
  t: WithTeardown,
  options: TestPostgresOptions = {},
): Promise<TestPostgres> {
  return startPostgres(t, await embeddedBinaries(await serverAccount()), options);
}

/** A PostgreSQL 15 of the test's own, from Debian's package. */
export async function startDebian15(
  t: WithTeardown,
  options: TestPostgresOptions = {},
): Promise<TestPostgres> {
  const binaries = await debianBinaries('15');
  if (binaries === undefined) throw new Error('PostgreSQL 15 is not here: apt-get install postgresql-15');
  return startPostgres(t, binaries, options);
}

/** Debian's PostgreSQL of a major version; also has psql, pgbench and pg_dump. */
export async function debianBinaries(major: string): Promise<PostgresBinaries | undefined> {
  const root = '/usr/lib/postgresql';
  const majors = (await unless(['ENOENT'], readdir(root))) ?? [];
  if (!majors.includes(major)) return undefined;
  const bin = join(root, major, 'bin');
  const { stdout } = await promisify(execFile)(join(bin, 'postgres'), ['--version']);
  const version = /\(PostgreSQL\) (\S+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`${bin}/postgres has no version: ${stdout}`);
  return { version, bin };
}

/** A folder, removed when the test ends, that the server's account can pass through also where we are root. */
export async function passableFolder(t: WithTeardown): Promise<string> {
  const account = await serverAccount();
  const base = (await canReach(account, tmpdir(), TRAVERSE)) ? tmpdir() : '/var/tmp';
  const folder = await realpath(await mkdtemp(join(base, 'pc-test-')));
  await chmod(folder, 0o711);
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function startPostgres(
  t: WithTeardown,
  binaries: PostgresBinaries,
  options: TestPostgresOptions,
): Promise<TestPostgres> {
  const folder = await passableFolder(t);
  const logged: string[] = [];
  const cluster = await open(folder, binaries, options, logged);
  const stop = (): Promise<void> => cluster.stop('immediate');
  t.teardown(stop);
  const { socketDir, port } = cluster;
  const superuser = { host: socketDir, port, user: 'postgres', database: 'postgres' };
  return { cluster, binaries, socketDir, port, superuser, logged, stop };
}

async function open(
  folder: string,
  binaries: PostgresBinaries,
  { settings, hba, bootstrapSql, tcp }: TestPostgresOptions,
  logged: string[],
): Promise<Cluster> {
  const account = await serverAccount();
  for (let attempt = 1; ; attempt++) {
    const listen = tcp && { listen: { host: LOOPBACK, port: await freePort(), ...tcp } };
    try {
      return await openCluster({
        binaries,
        account,
        dataDir: join(folder, 'data'),
        socketDir: join(folder, 'run'),
        settings: { fsync: 'off', ...settings },
        hba: hba ?? HBA,
        bootstrapSql: bootstrapSql ?? [],
        log: (line) => logged.push(line),
        ...listen,
      });
    } catch (error) {
      const isTaken = logged.some((line) => line.includes('Address already in use'));
      if (!isTaken || attempt === PORT_ATTEMPTS) throw error;
      logged.length = 0;
    }
  }
}

async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = createServer().listen(0, LOOPBACK, () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}
