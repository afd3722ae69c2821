import type { Standing } from './messages.ts';

/** A worker with so much more than its share of connections, and some, leaves new ones to the others. */
const UNEVEN = 1.125;
const UNEVEN_ANYWAY = 4;

/**
 * Whether a worker should take no connections for a while. The system gives a new one to any worker that is idle, and
 * of several idle ones rather to the same; sessions last, so that what is uneven would stay so.
 * @param own connections of this worker.
 * @param resting whether it rests already: it goes on until it has no more than its share.
 */
export function shouldRest(
  own: number,
  { connections, workers }: Pick<Standing, 'connections' | 'workers'>,
  resting: boolean,
): boolean {
  if (workers < 2) return false;
  const share = connections / workers;
  return resting ? own > share : own > share * UNEVEN + UNEVEN_ANYWAY;
}
