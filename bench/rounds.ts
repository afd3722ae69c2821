import type { Candidate, CandidateName } from './candidate.ts';
import { type Figures, type Summary, summarize } from './figures.ts';
import type { Work } from './work.ts';

/** What a work showed of each candidate. */
export interface Result {
  readonly work: string;
  readonly unit: string;
  readonly rounds: number;
  readonly candidates: Partial<Record<CandidateName, Summary>>;
}

/** Gives every candidate a turn, round after round (A B C A B C …), so that whatever else runs meets all alike. */
export async function runRounds(
  work: Work,
  candidates: ReadonlyMap<CandidateName, Candidate>,
  wanted: number,
): Promise<Result> {
  const rounds = Math.min(wanted, work.maxRounds ?? wanted);
  const taking = work.candidates.flatMap((name) => candidates.get(name) ?? []);
  const turns = new Map<CandidateName, Figures[]>();
  if (work.warms) for (const candidate of taking) await work.turn(candidate);
  for (let round = 0; round < rounds; round += 1) {
    for (const candidate of taking) {
      const figures = await work.turn(candidate);
      turns.set(candidate.name, [...(turns.get(candidate.name) ?? []), figures]);
    }
  }
  const summaries = [...turns].map(([name, figures]) => [name, summarize(figures)] as const);
  return { work: work.name, unit: work.unit, rounds, candidates: Object.fromEntries(summaries) };
}
