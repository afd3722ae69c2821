import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, realpath, rename, rm, stat, symlink, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorCode, unless } from '../store/system-error.ts';
import type { Account } from './account.ts';
import { DevError } from './error.ts';
import { takeDevLock } from './lock.ts';
import { stopOrphan } from './orphan.ts';
import { canReach, TRAVERSE } from './reach.ts';
import { firstTrusted } from './trusted.ts';

/** Everyone may go through, nobody but the owner may look around or change anything. */
const PASSAGE = 0o711;

/** Where root keeps a database whose own folder the server's account cannot reach; not emptied on a restart. */
const FAR_FOLDERS = ['/var/lib/portcullis', '/var/tmp/portcullis-0'];

/** Bytes of `sun_path` without its NUL: 108 on Linux, 104 on macOS (sys/un.h). */
const MAX_SOCKET_PATH = process.platform === 'darwin' ? 103 : 107;
const LONGEST_SOCKET_NAME = '/.s.PGSQL.65535';

/** The folders of dev's own database; `dataDir` may not exist yet. */
interface DatabasePlace {
  readonly parent: string;
  readonly dataDir: string;
  readonly socketDir: string;
}

export interface PlaceOptions {
  /** Hears what the person at the terminal should know. */
  readonly note: (line: string) => void;
  readonly farFolders?: readonly string[];
}

/**
 * Makes dev's `--dir` with what is missing above it, so that the server's account can pass through. Its real path.
 * @throws DevError where that is not possible.
 */
export async function makeDevFolder(dir: string): Promise<string> {
  const first = await mkdir(dir, { recursive: true }).catch((error: unknown) => {
    throw new DevError(`cannot make the folder ${dir} (${errorCode(error)}): give --dir another one`, {
      cause: error,
    });
  });
  const real = await realpath(dir);
  if (first === undefined) return real;
  const top = await realpath(first);
  for (let at = real; at.startsWith(top); at = dirname(at)) await chmod(at, PASSAGE);
  return real;
}

/**
 * The folder `<dir>/postgres`; where the account cannot reach that, a link of this name to a folder elsewhere
 * that it can. An existing one is kept.
 *
 * @param dir exists; the caller holds its lock
 * @throws DevError where existing data is out of the account's reach, or no place is left
 */
export async function databasePlace(
  dir: string,
  account: Account,
  options: PlaceOptions,
): Promise<DatabasePlace> {
  const near = join(await realpath(dir), 'postgres');
  const parent = (await existingParent(near, account)) ?? (await newParent(near, account, options));
  return { parent, dataDir: join(parent, 'data'), socketDir: await socketFolder(parent, account) };
}

async function existingParent(near: string, account: Account): Promise<string | undefined> {
  const there = await unless(['ENOENT'], lstat(near));
  if (there === undefined) return undefined;
  const parent = await unless(['ENOENT'], realpath(near));
  if (parent === undefined) {
    await unlink(near); // a link to nothing
    return undefined;
  }
  if (await canReach(account, parent, TRAVERSE)) return parent;
  if ((await unless(['ENOENT'], stat(join(parent, 'data')))) !== undefined) {
    throw new DevError(
      `user ${account.name}, as whom PostgreSQL runs, cannot reach ${parent}: chmod o+x the folders above it, or give --dir another folder`,
    );
  }
  // Left by a start that got no further.
  await rm(near, { recursive: true });
  return undefined;
}

async function newParent(near: string, account: Account, options: PlaceOptions): Promise<string> {
  if (await canReach(account, dirname(near), TRAVERSE)) {
    await makePassage(near);
    return near;
  }
  const base = await firstTrusted(options.farFolders ?? FAR_FOLDERS, account);
  if (base === undefined) {
    throw new DevError(
      `user ${account.name}, as whom PostgreSQL runs, cannot reach ${near}: give --dir a folder that it can, such as one in /var/tmp`,
    );
  }
  const far = join(base, `dev-${digest(near)}`);
  if ((await unless(['ENOENT'], lstat(far))) !== undefined) await moveAside(far, options.note);
  await makePassage(far);
  await symlink(far, near);
  options.note(
    `${near} links to ${far}: PostgreSQL runs as user ${account.name}, who cannot reach the former`,
  );
  return far;
}

/**
 * A folder without the link that led to it: its `--dir` was removed, and whoever did that wants a new
 * database. The old one is kept once, for whoever did not.
 */
async function moveAside(far: string, note: (line: string) => void): Promise<void> {
  const lock = await takeDevLock(
    join(far, 'server.lock'),
    (pid) => `process ${pid} still runs the database in ${far}: stop it first`,
  );
  if ((await unless(['ENOENT'], stat(join(far, 'data')))) !== undefined) {
    await stopOrphan(join(far, 'data'), note);
  }
  await lock.release();
  await rm(`${far}.old`, { recursive: true, force: true });
  await rename(far, `${far}.old`);
  note(`the database of an earlier --dir of this name is now in ${far}.old`);
}

async function makePassage(folder: string): Promise<void> {
  await mkdir(folder);
  await chmod(folder, PASSAGE);
}

/**
 * Where the server's socket goes: `<parent>/run`, or, where that is too long for a socket's name, a folder in
 * the temporary one that keeps its name over restarts unless somebody else took that. The cluster makes it.
 */
export async function socketFolder(parent: string, account: Account, temporary = tmpdir()): Promise<string> {
  const near = join(parent, 'run');
  if (fits(near)) return near;
  const base = fits(join(temporary, stableName(parent))) ? temporary : '/tmp';
  const stable = join(base, stableName(parent));
  const there = await unless(['ENOENT'], lstat(stable));
  const ours = there === undefined || (there.isDirectory() && there.uid === account.uid);
  return ours ? stable : mkdtemp(join(base, 'portcullis-'));
}

function stableName(parent: string): string {
  return `portcullis-${digest(parent)}`;
}

function fits(folder: string): boolean {
  return Buffer.byteLength(folder) + LONGEST_SOCKET_NAME.length <= MAX_SOCKET_PATH;
}

function digest(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16);
}
