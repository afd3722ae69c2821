import { existsSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { askPs, NOT_THERE, PROC } from '../store/process-start.ts';
import { unless } from '../store/system-error.ts';

/**
 * Whether `pid` is a live PostgreSQL server of this very data folder (its real path): process ids are used
 * again, so a number found in a file says nothing. A server works in its data folder (postmaster.c); where
 * there is no proc, its command line must name the folder.
 */
export async function isServerOf(pid: number, dataDir: string, proc = PROC): Promise<boolean> {
  if (!existsSync(join(proc, 'self'))) {
    const command = await askPs(pid, 'command=');
    return command.includes('postgres') && command.includes(` ${dataDir} `);
  }
  const folder = join(proc, `${pid}`);
  const name = await unless(NOT_THERE, readFile(join(folder, 'comm'), 'utf8'));
  // A process that has ended works nowhere: the link is gone.
  const cwd = await unless(NOT_THERE, readlink(join(folder, 'cwd')));
  return name?.trim() === 'postgres' && cwd === dataDir;
}
