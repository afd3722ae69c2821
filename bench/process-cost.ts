import { readdir, readFile } from 'node:fs/promises';
import { unless } from '../src/store/system-error.ts';

/** Of /proc/PID/stat, in every Linux: USER_HZ (proc(5)). */
const TICK_US = 10_000;
const KIB = 1024;
/** A process or thread that has ended meanwhile. */
const GONE = ['ENOENT', 'ESRCH'];

/** µs of CPU, user and system, that a process and its children have used so far, threads that ended included. */
export async function cpuOf(pid: number): Promise<number> {
  return await sum(
    pid,
    (stat) => {
      // Behind the name, which may hold spaces: utime and stime are the 14th and 15th field.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_US;
    },
    'stat',
  );
}

/**
 * µs of CPU that the machine has used so far, whoever for: /proc/stat's first line, without what was idle or waited for
 * a disk (proc_stat(5)).
 */
export async function cpuOfAll(): Promise<number> {
  const [first = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const [, user, nice, system, , , irq, softirq] = first.split(/\s+/).map(Number);
  return [user, nice, system, irq, softirq].reduce((sum: number, ticks) => sum + (ticks ?? 0) * TICK_US, 0);
}

/** Bytes of memory that a process and its children have resident. */
export async function memoryOf(pid: number): Promise<number> {
  const read = (status: string): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * KIB;
  return await sum(pid, read, 'status');
}

async function sum(pid: number, read: (text: string) => number, file: string): Promise<number> {
  let total = 0;
  for (const member of await familyOf(pid)) total += read(await textOf(`/proc/${member}/${file}`));
  return total;
}

async function familyOf(pid: number): Promise<number[]> {
  const family = [pid];
  for (const thread of (await unless(GONE, readdir(`/proc/${pid}/task`))) ?? []) {
    const children = (await textOf(`/proc/${pid}/task/${thread}/children`)).split(' ').filter(Boolean);
    for (const child of children) family.push(...(await familyOf(Number(child))));
  }
  return family;
}

async function textOf(path: string): Promise<string> {
  return (await unless(GONE, readFile(path, 'utf8'))) ?? '';
}
