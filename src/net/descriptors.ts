import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';

/** The soft limit's row in proc(5), /proc/[pid]/limits. Node has raised it to the hard one when it started. */
const OPEN_FILES = /^Max open files +(\d+)/m;

/** @returns how many descriptors this process may have (getrlimit(2), RLIMIT_NOFILE); undefined where nobody tells. */
export function openFileLimit(limitsFile = '/proc/self/limits'): number | undefined {
  try {
    const [, digits] = OPEN_FILES.exec(readFileSync(limitsFile, 'utf8')) ?? [];
    return digits === undefined ? undefined : Number(digits);
  } catch {
    // Only Linux has the file.
    return undefined;
  }
}

/**
 * Whether a descriptor is left. Nothing else tells: where there is none, libuv closes what it would have to accept,
 * by one it keeps for that (uv__emfile_trick), and says nothing.
 */
export function hasDescriptorLeft(open = (): number => openSync(devNull, 'r')): boolean {
  try {
    closeSync(open());
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code !== 'EMFILE' && code !== 'ENFILE';
  }
}
