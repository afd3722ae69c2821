import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';

/** Where Bun asks for something else than Node, it is told by this; docs/runtimes.md lists all of it. */
export const ON_BUN = process.versions['bun'] !== undefined;

/** What runs this process, and its version, for the log. */
export const RUNTIME = ON_BUN ? `bun ${process.versions['bun']}` : `node ${process.versions.node}`;

/**
 * The name of the user as whom this process runs, as the system has it. Bun's `userInfo` believes the environment
 * instead (USER), in which anybody may write another's name.
 *
 * @throws Error where the system knows no name
 */
export function systemUserName(onBun = ON_BUN): string {
  // POSIX, id: of the effective user; fails where there is no name.
  return onBun ? execFileSync('id', ['-un'], { encoding: 'utf8' }).trimEnd() : userInfo().username;
}
