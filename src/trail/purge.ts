import type { Actor } from '../audit/events.ts';
import { Trail } from './trail.ts';
import type { TrailOptions } from './trail-options.ts';
import type { Purged } from './upkeep.ts';

/**
 * Purges a trail that no gateway writes, and records that.
 * @param before ms since 1970
 * @throws TrailError where a process writes it; TrailUnavailable
 */
export async function purgeTrail(options: TrailOptions, before: number, by: Actor): Promise<Purged> {
  const trail = await Trail.open(options);
  try {
    return await trail.purge(before, by);
  } finally {
    await trail.close();
  }
}
