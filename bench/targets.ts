import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { CANDIDATES, type CandidateName } from './candidate.ts';
import { FIGURES, type FigureName } from './figures.ts';
import type { Result } from './rounds.ts';

/** What Portcullis is to reach: a figure of its own, at most so many times somebody else's. */
const TARGET = z.strictObject({
  work: z.string(),
  /** Whose figure it is; left out: Portcullis' on Node. */
  of: z.enum(CANDIDATES).optional(),
  figure: z.enum(FIGURES),
  /** Left out: the figure itself is bounded. */
  against: z.enum(CANDIDATES).optional(),
  /** The other's work, where it is not the same. */
  doing: z.string().optional(),
  /** What is first taken off both. */
  over: z.enum(CANDIDATES).optional(),
  target: z.number(),
  /** Where we want to be. */
  wanted: z.number(),
});

export type Target = z.infer<typeof TARGET>;

export interface Verdict extends Target {
  /** Ratio of medians; the median itself where nothing is compared with. */
  readonly reached: number;
  readonly met: boolean;
}

export async function readTargets(): Promise<Target[]> {
  const text = await readFile(new URL('targets.json', import.meta.url), 'utf8');
  return z.array(TARGET).parse(JSON.parse(text));
}

/** Holds results against the targets; those whose works did not run are left out. */
export function judge(targets: readonly Target[], results: readonly Result[]): Verdict[] {
  return targets.flatMap((target) => {
    const reached = reachedIn(results, target);
    return reached === undefined ? [] : [{ ...target, reached, met: reached <= target.target }];
  });
}

function reachedIn(results: readonly Result[], target: Target): number | undefined {
  const { work, of = 'portcullis', figure, against, doing = work, over } = target;
  const median = (doing: string, name: CandidateName, what: FigureName): number | undefined =>
    results.find((result) => result.work === doing)?.candidates[name]?.[what]?.median;
  const base = over === undefined ? 0 : median(work, over, figure);
  const ours = median(work, of, figure);
  if (ours === undefined || base === undefined) return undefined;
  if (against === undefined) return ours;
  const others = median(doing, against, figure);
  return others === undefined ? undefined : (ours - base) / (others - base);
}
