import { dirname, join } from 'node:path';
import { type Lock, LockError, takeLock } from '../store/lock.ts';
import { errorCode } from '../store/system-error.ts';
import { DevError } from './error.ts';

/** One `portcullis dev` a folder. `dir` exists. */
export async function lockDevFolder(dir: string): Promise<Lock> {
  return takeDevLock(
    join(dir, 'dev.lock'),
    (pid) => `another portcullis dev (pid ${pid}) uses ${dir}: stop it, or give --dir another folder`,
  );
}

/**
 * Takes the lock that the file `path` stands for.
 * @param busy the error's text for when the live process `pid` holds it
 * @throws DevError where it is held, also by ourselves
 */
export async function takeDevLock(path: string, busy: (pid: number) => string): Promise<Lock> {
  try {
    return await takeLock(path);
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    const { holder, cause } = error;
    const unwritable = `cannot write into ${dirname(path)} (${errorCode(cause)}): give --dir another folder`;
    throw new DevError(holder === undefined ? unwritable : busy(holder), { cause: error });
  }
}
