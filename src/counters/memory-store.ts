import { KNOWN_DAYS } from '../throttle/limits.ts';
import type { ThrottleStore } from '../throttle/ports.ts';
import { MemoryKnownSources } from './memory-known-sources.ts';
import { MemoryLimiter } from './memory-limiter.ts';

/**
 * Keys that one counter holds; some 5 MB where all are used. A gateway verifies a few thousand proofs a second at
 * most, and no address may fail more than some thirty times in a window: to fill it takes thousands of addresses.
 */
const MAX_KEYS = 32_768;

const DAY = 86_400_000;

/**
 * What a throttle remembers, in this process and within bounds. Counters push out keys with few points when they
 * are full; locks push out nothing, so that no flood can free who is locked out.
 * @param now milliseconds on a clock that does not go back.
 */
export function memoryStore(now: () => number, maxKeys = MAX_KEYS): ThrottleStore {
  return {
    counter: (_name, seconds) => new MemoryLimiter({ seconds, now, maxKeys, whenFull: 'evict' }),
    locks: (_name, seconds) => new MemoryLimiter({ seconds, now, maxKeys, whenFull: 'leave-out' }),
    known: new MemoryKnownSources({ maxSources: maxKeys, lifetime: KNOWN_DAYS * DAY, now }),
  };
}
