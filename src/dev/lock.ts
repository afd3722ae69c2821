import { dirname, join } from 'node:path';
import { awaitLock, catalogLockPath, type Lock, LockError } from '../store/lock.ts';
import { errorCode } from '../store/system-error.ts';
import { DevError } from './error.ts';

/** One `portcullis dev` a folder. `dir` exists. */
export async function lockDevFolder(dir: string): Promise<Lock> {
  return takeDevLock(
    join(dir, 'dev.lock'),
    (pid) => `another portcullis dev (pid ${pid}) uses ${dir}: stop it, or give --dir another folder`,
  );
}

/** ms that a control-plane command may take to edit the catalog. */
const EDIT_MS = 10_000;

/** Against control-plane commands that edit the catalog at `path`. */
export async function lockCatalog(path: string): Promise<Lock> {
  return takeDevLock(
    await catalogLockPath(path),
    (pid) => `process ${pid} is changing ${path}: try again when it is done`,
    EDIT_MS,
  );
}

/**
 * Takes the lock that the file `path` stands for.
 * @param busy the error's text for when the live process `pid` holds it
 * @param patience ms to wait for that process
 * @throws DevError where it is held, also by ourselves
 */
export async function takeDevLock(path: string, busy: (pid: number) => string, patience = 0): Promise<Lock> {
  try {
    return await awaitLock(path, patience);
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    const { holder, cause } = error;
    const unwritable = `cannot write into ${dirname(path)} (${errorCode(cause)}): give --dir another folder`;
    throw new DevError(holder === undefined ? unwritable : busy(holder), { cause: error });
  }
}
