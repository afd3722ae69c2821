import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unless } from '../store/system-error.ts';
import type { Account } from './account.ts';

/** Bits of one third of a file's mode (inode(7)). */
export const READ = 0o4;
export const TRAVERSE = 0o1;
export const READ_AND_TRAVERSE = 0o5;

const STICKY = 0o1000;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Whether `account` may go through every folder down to `path`, and has `bits` on `path` itself.
 *
 * Read from the modes alone, for an account without further groups, as ours are spawned. An access list or a
 * security module can decide otherwise: a "no" here only means that another place is taken.
 */
export async function canReach(account: Account, path: string, bits: number): Promise<boolean> {
  const real = await unless(['ENOENT', 'ENOTDIR', 'EACCES'], realpath(path));
  if (real === undefined) return false;
  // Ourselves, with groups of ours that the modes below know nothing about: realpath has gone the way already.
  if (account.uid === process.geteuid?.()) return true;
  if (!(await permits(account, real, bits))) return false;
  for (const folder of ancestors(real)) {
    if (!(await permits(account, folder, TRAVERSE))) return false;
  }
  return true;
}

async function permits(account: Account, path: string, bits: number): Promise<boolean> {
  const { uid, gid, mode } = await stat(path);
  if (uid === account.uid) return ((mode >> 6) & bits) === bits;
  if (gid === account.gid) return ((mode >> 3) & bits) === bits;
  return (mode & bits) === bits;
}

/**
 * Whether only root and we could have put anything into `folder`: a real folder of root's or ours which nobody
 * else may write to, below folders of the same kind (or sticky ones, where nobody can rename what is ours).
 */
export async function isTrusted(folder: string): Promise<boolean> {
  const own = await lstat(folder);
  if (!own.isDirectory() || !ownedByUs(own.uid) || (own.mode & WRITABLE_BY_OTHERS) !== 0) return false;
  for (const ancestor of ancestors(await realpath(folder))) {
    const { uid, mode } = await stat(ancestor);
    if (!ownedByUs(uid)) return false;
    if ((mode & WRITABLE_BY_OTHERS) !== 0 && (mode & STICKY) === 0) return false;
  }
  return true;
}

function ownedByUs(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

/** Every folder above `path`, nearest first, ending with the root. */
function ancestors(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...ancestors(above)];
}
