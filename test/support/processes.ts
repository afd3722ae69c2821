import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

/** How long processes that were told to go may take, in ms, and how often one looks. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 20;

/** What reading about a process fails with that ended meanwhile, or is the kernel's own. */
const gone = (): undefined => undefined;

/** Live processes that work in a folder, or below it, or name it in their command line (proc(5)). */
export async function processesIn(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== `${process.pid}`);
  const found = await Promise.all(pids.map((pid) => describe(pid, folder)));
  return found.filter((each) => each !== undefined);
}

/** The same once there are none, or once patience has ended. */
export async function processesLeftIn(folder: string): Promise<string[]> {
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    const left = await processesIn(folder);
    if (left.length === 0 || waited >= PATIENCE_MS) return left;
    await setTimeout(LOOK_AGAIN_MS);
  }
}

async function describe(pid: string, folder: string): Promise<string | undefined> {
  const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(gone))?.replaceAll('\0', ' ') ?? '';
  const cwd = (await readlink(`/proc/${pid}/cwd`).catch(gone)) ?? '';
  const isThere = command.includes(folder) || `${cwd}/`.startsWith(`${folder}/`);
  return isThere ? `${pid} ${command}` : undefined;
}
