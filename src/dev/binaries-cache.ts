import { randomBytes } from 'node:crypto';
import {
  chmod,
  constants,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { errorCode, unless } from '../store/system-error.ts';
import { type Account, runsAsRoot } from './account.ts';
import type { Installed } from './installed.ts';
import { isPlainInQuotes } from './shell-path.ts';
import { firstTrusted } from './trusted.ts';

/** For building software only: static libraries, makefiles, headers. */
const NOT_NEEDED = /\.a$|^lib\/pkgconfig\/|^lib\/postgresql\/pgxs\/|^include\//;

/** For everyone: the account must read what we write, whatever our umask; only we may change it. */
const EXECUTABLE = 0o755;
const READABLE = 0o644;
const ANY_EXECUTE_BIT = 0o111;

const DRAFT = '.making-';
/** ms after which an unfinished copy belongs to nobody any more. */
const DRAFT_LIFETIME = 3_600_000;

interface File {
  /** Within the package's `native`. */
  readonly path: string;
  readonly size: number;
  readonly mode: number;
}

/**
 * A copy of the programs that `account` can run, made where it is absent or incomplete; the folder that has
 * bin, lib and share. Several processes may ask at once.
 *
 * A cache that somebody else could have written into is never used: a fresh folder is, however often.
 */
export async function usableCopy(
  installed: Installed,
  account: Account,
  candidates: readonly string[] = cacheFolders(),
): Promise<string> {
  const cache = (await firstTrusted(candidates, account)) ?? (await freshFolder());
  const wanted = await wantedFiles(installed.native);
  const copy = join(cache, `postgres-${installed.version}-${process.platform}-${process.arch}`);
  if (await isComplete(copy, wanted, installed)) return copy;
  await removeOldDrafts(cache);
  const draft = join(cache, `${DRAFT}${randomBytes(6).toString('hex')}`);
  try {
    await copyFiles(installed, wanted, draft);
    await putInPlace(draft, copy, () => isComplete(copy, wanted, installed));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return copy;
}

/** Places for the copy, best first. A home folder may be closed to the account that root lends. */
export function cacheFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  const temporary = join(tmpdir(), `portcullis-${process.geteuid?.()}`);
  if (runsAsRoot()) return ['/var/cache/portcullis', temporary];
  const { XDG_CACHE_HOME: xdg = '' } = env;
  // The specification has relative paths ignored.
  const own = isAbsolute(xdg) ? xdg : join(homedir(), '.cache');
  return [join(own, 'portcullis'), temporary].filter(isPlainInQuotes);
}

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-'));
  await chmod(folder, EXECUTABLE);
  return folder;
}

async function wantedFiles(native: string): Promise<File[]> {
  const entries = await readdir(native, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(native, join(entry.parentPath, entry.name)));
  return Promise.all(
    paths
      .filter((path) => !NOT_NEEDED.test(path))
      .map(async (path) => {
        const { size, mode } = await stat(join(native, path));
        return { path, size, mode };
      }),
  );
}

/** Sizes are compared too: a loss of power may leave names without their contents. */
async function isComplete(copy: string, wanted: readonly File[], { links }: Installed): Promise<boolean> {
  const found = await Promise.all(
    wanted.map(async ({ path, size }) => {
      const there = await unless(['ENOENT', 'ENOTDIR'], lstat(join(copy, path)));
      return there?.isFile() === true && there.size === size;
    }),
  );
  const linked = await Promise.all(
    links.map(({ target }) => unless(['ENOENT', 'ENOTDIR'], stat(join(copy, target)))),
  );
  return found.every(Boolean) && linked.every((there) => there !== undefined);
}

async function copyFiles({ native, links }: Installed, wanted: readonly File[], to: string): Promise<void> {
  for (const folder of new Set(wanted.flatMap(({ path }) => foldersOf(path)))) {
    await mkdir(join(to, folder), { recursive: true });
    await chmod(join(to, folder), EXECUTABLE);
  }
  await Promise.all(
    wanted.map(async ({ path, mode }) => {
      await copyFile(join(native, path), join(to, path), constants.COPYFILE_FICLONE);
      await chmod(join(to, path), (mode & ANY_EXECUTE_BIT) === 0 ? READABLE : EXECUTABLE);
    }),
  );
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(to, target));
  }
}

/** The folders of a relative path, outermost first, with the one that it is relative to. */
function foldersOf(path: string): string[] {
  const folder = dirname(path);
  return folder === '.' ? ['.'] : [...foldersOf(folder), folder];
}

/** A rename, which makes the whole copy appear at once; another process may have been first. */
async function putInPlace(draft: string, copy: string, isWhole: () => Promise<boolean>): Promise<void> {
  try {
    await rename(draft, copy);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errorCode(error) ?? '')) throw error;
    if (await isWhole()) return;
    await rm(copy, { recursive: true, force: true });
    await rename(draft, copy);
  }
}

async function removeOldDrafts(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!basename(name).startsWith(DRAFT)) continue;
    const there = await unless(['ENOENT'], stat(join(cache, name)));
    if (there === undefined || Date.now() - there.mtimeMs < DRAFT_LIFETIME) continue;
    await rm(join(cache, name), { recursive: true, force: true });
  }
}
