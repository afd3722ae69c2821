import { DevError } from './error.ts';
import { signalTo } from './spawn.ts';

/** `fast` ends sessions and writes a checkpoint; `immediate` leaves recovery to the next start (manual, 18.5). */
export type StopMode = 'fast' | 'immediate';

type Step = readonly [signal: NodeJS.Signals, patience: number];

/** Signals of the manual's 18.5, with the ms that each is given. SIGKILL is not to be used, unless nothing else works. */
const IMMEDIATE: readonly Step[] = [
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
];
const FAST: readonly Step[] = [['SIGINT', 10_000], ...IMMEDIATE];

/**
 * Ends the server process `pid`, ever less gently.
 *
 * @param goneWithin waits at most so many ms for its end, and says whether it came
 * @throws DevError where nothing helps (a process that hangs in the kernel)
 */
export async function stopServer(
  pid: number,
  goneWithin: (ms: number) => Promise<boolean>,
  mode: StopMode,
): Promise<void> {
  for (const [signal, patience] of mode === 'fast' ? FAST : IMMEDIATE) {
    signalTo(pid, signal);
    if (await goneWithin(patience)) return;
  }
  throw new DevError(`PostgreSQL (pid ${pid}) does not end, not even by SIGKILL: restart the machine`);
}
