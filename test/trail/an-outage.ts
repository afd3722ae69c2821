import type { TrailOptions, TrailState } from '../../src/trail/trail-options.ts';
import { verifyTrail } from '../../src/trail/verify.ts';
import { DIR, linesOf, openTrail, RING, SIGNING_KEY } from './a-trail.ts';
import type { MemoryFiles } from './memory-files.ts';

const publicKeys = [SIGNING_KEY.publicKey];

/** A trail, and a way to wait until it is well again. */
export async function watched(files: MemoryFiles, options: Partial<TrailOptions> = {}) {
  const states: TrailState[] = [];
  let heard = Promise.withResolvers<void>();
  const onState = (state: TrailState): void => {
    states.push(state);
    heard.resolve();
    heard = Promise.withResolvers();
  };
  const trail = await openTrail(files, { ...options, onState });
  const until = async (healthy: boolean): Promise<void> => {
    while (trail.state.healthy !== healthy) await heard.promise;
  };
  return { trail, states, until };
}

export async function eventsOf(files: MemoryFiles): Promise<string> {
  return (await linesOf(DIR, { files, keys: RING })).map(({ line }) => line).join('\n');
}

export async function findingsOf(files: MemoryFiles): Promise<readonly { what: string }[]> {
  return (await verifyTrail(DIR, { files, keys: RING, publicKeys })).findings;
}
