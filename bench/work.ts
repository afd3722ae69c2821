import type { Candidate, CandidateName } from './candidate.ts';
import type { Figures } from './figures.ts';

/** One line of the bench: a work, in one size. */
export interface Work {
  /** As in targets.json: `W1 c=16`. */
  readonly name: string;
  /** What a rate and CPU are for. */
  readonly unit: string;
  readonly candidates: readonly CandidateName[];
  /** More turns than this show nothing new. */
  readonly maxRounds?: number;
  /** Whether a turn before the first round, which is not counted, is needed for everything to be warm. */
  readonly warms: boolean;
  turn(candidate: Candidate): Promise<Figures>;
}
