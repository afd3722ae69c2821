import { readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { unless } from '../store/system-error.ts';
import { isServerOf } from './process.ts';
import { stopServer } from './stop.ts';

/** Lines of postmaster.pid, counted from 0 (src/include/utils/pidfile.h). */
const PID_LINE = 0;
const STATUS_LINE = 7;

/** ms between two looks at a process that is not our child: nothing tells us of its end. */
const POLL = 20;

interface PidFile {
  readonly pid: number;
  /** `starting`, `ready`, `standby`, `stopping`; empty where none has been written yet. */
  readonly status: string;
}

/** What a server says of itself in its data folder; `undefined` without such a file or without a number in it. */
export async function readPidFile(dataDir: string): Promise<PidFile | undefined> {
  const text = await unless(['ENOENT'], readFile(join(dataDir, 'postmaster.pid'), 'utf8'));
  const lines = text?.split('\n') ?? [];
  const pid = lines[PID_LINE]?.trim() ?? '';
  // A single-user server writes its process id negated.
  if (!/^-?[1-9]\d{0,9}$/.test(pid)) return undefined;
  return { pid: Math.abs(Number(pid)), status: lines[STATUS_LINE]?.trim() ?? '' };
}

/**
 * Ends a server that still runs on `dataDir`, left behind by a gateway that was killed, and removes its
 * postmaster.pid. A stale file, whose number may be another process by now, goes too: PostgreSQL would take
 * any live process of the same user for a server (CreateLockFile in miscinit.c) and refuse to start.
 *
 * Only for whoever holds the lock of this data folder.
 */
export async function stopOrphan(dataDir: string, log: (line: string) => void): Promise<void> {
  const file = await readPidFile(dataDir);
  if (file !== undefined) await stopIfServer(file.pid, await realpath(dataDir), log);
  await rm(join(dataDir, 'postmaster.pid'), { force: true });
}

async function stopIfServer(pid: number, dataDir: string, log: (line: string) => void): Promise<void> {
  if (!(await isServerOf(pid, dataDir))) return;
  log(`stopping a PostgreSQL (pid ${pid}) that an earlier run left behind`);
  const goneWithin = async (ms: number): Promise<boolean> => {
    for (let waited = 0; waited < ms; waited += POLL) {
      if (!(await isServerOf(pid, dataDir))) return true;
      await setTimeout(POLL);
    }
    return false;
  };
  await stopServer(pid, goneWithin, 'fast');
}
