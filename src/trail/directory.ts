import { join } from 'node:path';
import { type Lock, LockError } from '../store/lock.ts';
import { errorCode } from '../store/system-error.ts';
import { faultReason, TrailError } from './error.ts';
import type { Place } from './segment-writer.ts';

/** Permission bits that the trail's folder may not have: records tell who came from where. */
const OTHERS_AND_GROUP = 0o077;

/**
 * Makes the trail's folder where it is missing.
 * @throws TrailError where that fails, or where others may look into it
 */
export async function prepareDirectory({ files, dir }: Place): Promise<void> {
  let mode: number | undefined;
  try {
    await files.makeDir(dir);
    mode = (await files.stat(dir))?.mode;
  } catch (error) {
    throw new TrailError(`the audit trail in ${dir} cannot be written: ${faultReason(error)}`, {
      cause: error,
    });
  }
  if (mode === undefined || (mode & OTHERS_AND_GROUP) === 0) return;
  const bits = (mode & 0o777).toString(8).padStart(4, '0');
  throw new TrailError(
    `others may look into ${dir} (mode ${bits}): chmod 700 it, or name a folder that is not there yet`,
  );
}

/** One writer a directory. */
export class TrailLock {
  readonly #place: Place;
  readonly #take: (path: string) => Promise<Lock>;
  #lock: Lock;

  private constructor(place: Place, take: (path: string) => Promise<Lock>, lock: Lock) {
    this.#place = place;
    this.#take = take;
    this.#lock = lock;
  }

  static async take(place: Place, take: (path: string) => Promise<Lock>): Promise<TrailLock> {
    return new TrailLock(place, take, await taken(place.dir, take));
  }

  /** Makes the directory again where it was removed, and takes the lock that went with it. */
  async keep(): Promise<void> {
    const { files, dir } = this.#place;
    await files.makeDir(dir);
    if ((await files.stat(lockPath(dir))) === undefined) this.#lock = await taken(dir, this.#take);
  }

  async release(): Promise<void> {
    await this.#lock.release();
  }
}

function lockPath(dir: string): string {
  return join(dir, 'lock');
}

async function taken(dir: string, take: (path: string) => Promise<Lock>): Promise<Lock> {
  try {
    return await take(lockPath(dir));
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    const { holder, cause } = error;
    throw new TrailError(
      holder === undefined
        ? `${dir} cannot be written (${errorCode(cause) ?? 'unknown'}): let this user write there`
        : `process ${holder} writes the audit trail in ${dir}: stop it first, or give each gateway an audit.dir of its own`,
      { cause: error },
    );
  }
}
