import { createHash, randomBytes } from 'node:crypto';
import { chmod, link, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { processStart } from './process-start.ts';
import { errorCode, unless } from './system-error.ts';

/** For everyone to read, whatever the umask: another user is to be told who holds it. */
const LOCK_MODE = 0o644;
/** ms between two looks at a lock that somebody holds. */
const POLL_MS = 20;

export interface Lock extends AsyncDisposable {
  /** Gives the lock back; a second call does nothing. */
  release(): Promise<void>;
}

/** A lock was not taken; the caller knows what it stands for, and says so. */
export class LockError extends Error {
  override readonly name = 'LockError';
  /** The live process that holds it, maybe ourselves; undefined: the lock cannot be written, and `cause` says why. */
  readonly holder: number | undefined;

  constructor(holder: number | undefined, options?: ErrorOptions) {
    super(holder === undefined ? 'a lock cannot be written' : `process ${holder} holds the lock`, options);
    this.holder = holder;
  }
}

/** What writers of a catalog lock; by whatever link they come, it is the same. */
export async function catalogLockPath(catalog: string): Promise<string> {
  return `${(await unless(['ENOENT'], realpath(catalog))) ?? catalog}.lock`;
}

/** As `takeLock`, but waits for whoever holds it, `patience` ms at most. */
export async function awaitLock(path: string, patience: number): Promise<Lock> {
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      return await takeLock(path);
    } catch (error) {
      const held = error instanceof LockError && error.holder !== undefined;
      if (!held || performance.now() >= deadline) throw error;
    }
    await setTimeout(POLL_MS);
  }
}

/**
 * Takes the lock that the file `path` stands for: two lines, our process id and when we began. A lock whose
 * process is gone (a kill, a loss of power) is taken over.
 *
 * @throws LockError where it is held, also by ourselves, or cannot be written
 */
export async function takeLock(path: string): Promise<Lock> {
  const text = `${process.pid}\n${await processStart(process.pid)}\n`;
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await written(draft, text);
    while (!(await claim(path, draft))) {
      const held = await unless(['ENOENT'], readFile(path, 'utf8'));
      if (held === undefined) continue; // released between the two
      const holder = await liveHolder(held);
      if (holder !== undefined) throw new LockError(holder);
      if (await takeOver(path, held, draft)) break;
    }
  } catch (cause) {
    throw cause instanceof LockError ? cause : new LockError(undefined, { cause });
  } finally {
    await removed(draft);
  }
  return held(path);
}

async function written(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' });
  await chmod(path, LOCK_MODE);
}

/** A file whose folder has gone, or has become a file, has gone with it. */
async function removed(path: string): Promise<void> {
  await unless(['ENOTDIR'], rm(path, { force: true }));
}

/** link(2) makes the name, with the text already in it, or fails: no reader ever sees half a lock. */
async function claim(path: string, draft: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Replaces the lock of a dead process. Two who saw the same dead lock must not both replace it, the later one
 * a live lock by then. So the right to replace exactly this text is a lock of its own, and whoever holds it
 * looks again: a dead process changes nothing, and no third may.
 */
async function takeOver(path: string, dead: string, draft: string): Promise<boolean> {
  const digest = createHash('sha256').update(dead).digest('hex').slice(0, 16);
  await using _right = await takeLock(`${path}.${digest}`);
  if ((await unless(['ENOENT'], readFile(path, 'utf8'))) !== dead) return false;
  await rename(draft, path);
  return true;
}

/** The process id in a lock's text where that process lives. Other text is a dead lock: live ones are whole. */
async function liveHolder(text: string): Promise<number | undefined> {
  const [pid, start] = text.split('\n');
  if (pid === undefined || !/^\d{1,10}$/.test(pid)) return undefined;
  const found = await processStart(Number(pid));
  return found !== undefined && found === start ? Number(pid) : undefined;
}

function held(path: string): Lock {
  let holding = true;
  const release = async (): Promise<void> => {
    if (!holding) return;
    holding = false;
    await removed(path);
  };
  return { release, [Symbol.asyncDispose]: release };
}
