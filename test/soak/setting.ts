import type { Credentials } from '../../src/scram/credentials.ts';
import type { Random } from './random.ts';
import type { Tallying } from './tally.ts';

/** What an actor has around it. */
export interface Setting {
  readonly port: number;
  readonly random: Random;
  readonly tallying: Tallying;
  readonly credentials: Credentials;
  /** Longest rest between two errands, in ms. */
  readonly rest: number;
  /** Resolves after so long, or when it is time to leave. */
  readonly pause: (ms: number) => Promise<void>;
  readonly leaving: () => boolean;
}

/** One of the addresses of this machine's loopback. */
export function someAddress(random: Random): string {
  return `127.0.0.${random.between(1, 20)}`;
}
