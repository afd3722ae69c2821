import { lstat, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Lock } from '../store/lock.ts';
import { unless } from '../store/system-error.ts';
import { giveTo } from './account.ts';
import { DevError } from './error.ts';
import { type Installation, initialize, majorVersion, removeHalfMade, singleUser } from './initialize.ts';
import { takeDevLock } from './lock.ts';
import { readPidFile, stopOrphan } from './orphan.ts';
import { DEFAULT_PORT, type ServerSettings, writeServerFiles } from './server-files.ts';
import { type Exit, type Running, signalTo, start } from './spawn.ts';
import { type StopMode, stopServer } from './stop.ts';

/** ms for a start, recovery after a crash included; pg_ctl's default. */
const START_DEADLINE = 60_000;
/** ms between two looks at postmaster.pid; pg_ctl takes 100. */
const POLL = 10;

const SOCKET_DIR_MODE = 0o700;

/** `dataDir` and `socketDir` are absolute; the account can traverse to them, and nobody else writes above. */
export interface ClusterOptions extends Installation, ServerSettings {
  /** Run once, when the data folder is made; one statement an element. */
  readonly bootstrapSql: readonly string[];
  /** Run before this start where the data folder existed already. */
  readonly beforeStartSql?: readonly string[];
  /** Lines of the server's own log, and of ours about it. Control characters are escaped. */
  readonly log: (line: string) => void;
}

/** A running server. */
export interface Cluster {
  readonly socketDir: string;
  /** Of TCP, and in the socket's name. */
  readonly port: number;
  readonly pid: number;
  /** When the server has ended, whoever ended it. Never rejects. */
  readonly exited: Promise<Exit>;
  /** @throws DevError where it does not end even by SIGKILL */
  stop(mode?: StopMode): Promise<void>;
}

/**
 * Starts a server on its data folder, which is made where absent; settles when it takes connections.
 *
 * A server that an earlier run left on the same folder is stopped first. Whatever fails or is aborted, no
 * process is left.
 *
 * @throws DevError; the reason of `signal` when aborted
 */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const parent = dirname(options.dataDir);
  const lock = await takeDevLock(
    join(parent, 'server.lock'),
    (pid) => `process ${pid} already runs the database in ${parent}: stop it first`,
  );
  try {
    await prepareSocketDir(options);
    await prepareData(options);
    return await startServer(options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function prepareData(options: ClusterOptions): Promise<void> {
  const { dataDir, bootstrapSql, beforeStartSql, settings, log } = options;
  await removeHalfMade(dataDir);
  if ((await unless(['ENOENT'], stat(dataDir))) === undefined) {
    log(`making a new database in ${dataDir}`);
    await initialize(options, bootstrapSql, settings?.['fsync'] !== 'off');
    return;
  }
  await checkData(options);
  await stopOrphan(dataDir, log);
  await singleUser(options, beforeStartSql ?? []);
}

async function checkData({ dataDir, binaries, account }: ClusterOptions): Promise<void> {
  const { uid } = await stat(dataDir);
  if (uid !== account.uid) {
    throw new DevError(
      `${dataDir} belongs to another user (${uid}), not to ${account.name}: run as that user or as root, or give --dir another folder`,
    );
  }
  const version = (await unless(['ENOENT'], readFile(join(dataDir, 'PG_VERSION'), 'utf8')))?.trim();
  if (version === undefined) {
    throw new DevError(`${dataDir} is not a database of PostgreSQL: remove it, or give --dir another folder`);
  }
  const major = majorVersion(binaries);
  if (version !== `${major}`) {
    throw new DevError(
      `${dataDir} is a database of PostgreSQL ${version}, and this is PostgreSQL ${major}: dump it with the old one, or give --dir another folder`,
    );
  }
}

/** The socket's folder, for the account (and root) alone, and without what a killed server left in it. */
async function prepareSocketDir({ socketDir, account, listen }: ClusterOptions): Promise<void> {
  await unless(['EEXIST'], mkdir(socketDir, { mode: SOCKET_DIR_MODE }));
  const there = await lstat(socketDir);
  if (!there.isDirectory() || ![account.uid, process.geteuid?.()].includes(there.uid)) {
    throw new DevError(`${socketDir} is not ours: remove it, or give --dir another folder`);
  }
  await giveTo(account, socketDir);
  const socket = join(socketDir, `.s.PGSQL.${listen?.port ?? DEFAULT_PORT}`);
  // Its lock file names a process too, whose number another may have by now.
  await rm(socket, { force: true });
  await rm(`${socket}.lock`, { force: true });
}

async function startServer(options: ClusterOptions, lock: Lock): Promise<Cluster> {
  const { account, binaries, dataDir, socketDir, listen, log } = options;
  const files = await writeServerFiles(dataDir, account, options);
  const args = ['-D', dataDir, '-c', `config_file=${files.config}`, ...files.args];
  options.signal?.throwIfAborted();
  const server = await start({ account, file: join(binaries.bin, 'postgres'), args, onLine: log });
  // Whatever ends our process by way of process.exit ends the server too.
  const lastResort = (): void => signalTo(server.pid, 'SIGINT');
  process.once('exit', lastResort);
  const exited = server.exited.finally(() => process.off('exit', lastResort));
  const stop = async (mode: StopMode = 'fast'): Promise<void> => {
    // Its number may be another process's once it has ended.
    if (!(await endsWithin(server, 0))) await stopServer(server.pid, (ms) => endsWithin(server, ms), mode);
    await lock.release();
  };
  try {
    await untilReady(server, dataDir, options.signal);
  } catch (error) {
    await stop('immediate');
    throw error;
  }
  return { socketDir, port: listen?.port ?? DEFAULT_PORT, pid: server.pid, exited, stop };
}

/** As pg_ctl does: the server writes into postmaster.pid when it takes connections. */
async function untilReady(server: Running, dataDir: string, signal: AbortSignal | undefined): Promise<void> {
  for (let waited = 0; waited < START_DEADLINE; waited += POLL) {
    signal?.throwIfAborted();
    const file = await readPidFile(dataDir);
    if (file?.pid === server.pid && file.status === 'ready') return;
    if (await endsWithin(server, POLL)) {
      await server.closed;
      throw new DevError(`PostgreSQL did not start: ${server.complaint()}`);
    }
  }
  throw new DevError(`PostgreSQL was not ready after ${START_DEADLINE / 1000} s: see its log`);
}

async function endsWithin(server: Running, ms: number): Promise<boolean> {
  const patience = new AbortController();
  const ended = await Promise.race([
    server.exited.then(() => true),
    setTimeout(ms, false, { signal: patience.signal }).catch(() => false),
  ]);
  patience.abort();
  return ended;
}
