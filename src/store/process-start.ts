import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unless } from './system-error.ts';

/** proc(5), the process file system: Linux has it, macOS has only `ps`. */
export const PROC = '/proc';

/** What reading about a process that has ended (or that is not ours to look at) fails with. */
export const NOT_THERE = ['ENOENT', 'ESRCH', 'EACCES', 'ENOTDIR'];

/** Of `/proc/PID/stat` behind the name in parentheses (which may hold spaces): fields 3 and 22 of proc(5). */
const STATE = 0;
const START_TIME = 19;

/** Ended, but not yet waited for; in a container often for ever, where process 1 waits for nobody. */
const DEAD_STATES = ['Z', 'X'];

/**
 * When a live process began, in words that differ between any two holders of one process id (`pid`);
 * `undefined` where there is no such process or it has ended.
 */
export async function processStart(pid: number, proc = PROC): Promise<string | undefined> {
  if (!existsSync(join(proc, 'self'))) {
    const [state, ...start] = (await askPs(pid, 'stat=,lstart=')).split(/\s+/);
    return start.length === 0 || DEAD_STATES.includes(`${state?.charAt(0)}`) ? undefined : start.join('_');
  }
  const text = await unless(NOT_THERE, readFile(join(proc, `${pid}`, 'stat'), 'utf8'));
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return DEAD_STATES.includes(`${fields[STATE]}`) ? undefined : fields[START_TIME];
}

/** One line of `ps` about a process; empty where there is none, for which `ps` exits with 1. */
export async function askPs(pid: number, columns: string): Promise<string> {
  const options = { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } };
  try {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', columns, '-p', `${pid}`], options);
    return stdout.trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 1) return '';
    throw error;
  }
}
