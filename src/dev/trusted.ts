import { chmod, mkdir } from 'node:fs/promises';
import { unless } from '../store/system-error.ts';
import type { Account } from './account.ts';
import { canReach, isTrusted, TRAVERSE } from './reach.ts';

const OPEN_TO_TRAVERSE = 0o755;

/** What mkdir says where a place is not for us: another one may be. */
const NOT_FOR_US = ['EACCES', 'EPERM', 'EROFS', 'EEXIST', 'ENOTDIR', 'ENOENT', 'ENOSPC', 'ELOOP'];

/**
 * The first of `candidates` (absolute paths, made where absent) which nobody but root and us can write to and
 * which `account` can traverse; `undefined` where none is like that.
 */
export async function firstTrusted(
  candidates: readonly string[],
  account: Account,
): Promise<string | undefined> {
  for (const folder of candidates) {
    if (!(await made(folder))) continue;
    if ((await isTrusted(folder)) && (await canReach(account, folder, TRAVERSE))) return folder;
  }
  return undefined;
}

async function made(folder: string): Promise<boolean> {
  const outcome = await unless(
    NOT_FOR_US,
    mkdir(folder, { recursive: true }).then((first) => ({ first })),
  );
  if (outcome === undefined) return false;
  // A narrow umask would keep the account out.
  if (outcome.first !== undefined) await chmod(folder, OPEN_TO_TRAVERSE);
  return true;
}
