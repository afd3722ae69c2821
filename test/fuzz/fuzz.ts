import { Cases } from './cases.ts';
import { heapInUse, MOST_GROWTH } from './heap.ts';
import type { Inputs } from './inputs.ts';
import { StrayErrors } from './stray.ts';
import type { Bounds, Finding, Report, Target } from './target.ts';
import { Timings } from './timings.ts';

/** Code is compiled and caches fill in this share of a run; what is kept behind it is a leak. */
const WARM_UP = 0.2;

/** Told before each batch: a sign of life, and where to look if it is the last. */
export type Hear = (batch: number, cases: number) => void;

/** Runs one target until a rule is broken or a bound is reached; the corpus is run in any case. */
export async function fuzz(target: Target, inputs: Inputs, bounds: Bounds, hear: Hear): Promise<Report> {
  using stray = new StrayErrors();
  const timings = new Timings();
  let batch = 0;
  const alive = (): void => hear(batch, timings.count);
  const cases = new Cases(target, stray, timings, alive);
  const started = performance.now();
  const spent = (): number =>
    Math.max((performance.now() - started) / bounds.ms, timings.count / bounds.cases);
  let finding: Finding | undefined;
  let heapBefore: number | undefined;
  for (; finding === undefined && (batch === 0 || spent() < 1); batch += 1) {
    if (heapBefore === undefined && spent() >= WARM_UP) heapBefore = await heapInUse();
    alive();
    const wanted = batch === 0 ? undefined : Math.ceil(bounds.cases - timings.count);
    finding = await cases.run(inputs.batch(batch).slice(0, wanted));
  }
  const elapsedMs = performance.now() - started;
  finding ??= await cases.slow();
  const heapAfter = await heapInUse();
  heapBefore ??= heapAfter;
  if (heapAfter - heapBefore > MOST_GROWTH)
    finding ??= { message: grown(heapBefore, heapAfter), input: undefined };
  const slowestMs = timings.slowest[0]?.ms ?? 0;
  return { cases: timings.count, elapsedMs, slowestMs, heapBefore, heapAfter, finding };
}

function grown(before: number, after: number): string {
  return `the heap grew from ${before} to ${after} bytes behind the warm-up`;
}
