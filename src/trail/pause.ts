import { setTimeout } from 'node:timers/promises';

/** Waits `ms`, or less where the signal is aborted: for a loop that looks at the signal itself. Keeps the process alive. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await setTimeout(ms, undefined, signal && { signal }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error;
  });
}
