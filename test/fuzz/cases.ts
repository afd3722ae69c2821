import { shrink } from './shrink.ts';
import type { StrayErrors } from './stray.ts';
import type { Finding, Target } from './target.ts';
import type { Timings } from './timings.ts';

/** A case must be so many times slower than the median, and slower than its target's floor, to be slow. */
const SLOW = 100;
/** Somebody else may have had the processor: a slow case is slow each time. */
const SLOW_RUNS = 3;

/** Runs a target's cases and finds out which of them broke a rule. */
export class Cases {
  readonly #target: Target;
  readonly #stray: StrayErrors;
  readonly #timings: Timings;
  readonly #alive: () => void;

  /** @param alive told now and then while a broken rule is looked into, which takes its time. */
  constructor(target: Target, stray: StrayErrors, timings: Timings, alive: () => void) {
    this.#target = target;
    this.#stray = stray;
    this.#timings = timings;
    this.#alive = alive;
  }

  /** @returns the first rule broken, its input as short as it can be. */
  async run(batch: readonly Buffer[]): Promise<Finding | undefined> {
    const failed = (await this.#together(batch)) ?? (await this.#aftermath());
    if (failed === undefined) return undefined;
    const input = failed.input ?? (await this.#culprit(batch));
    if (input === undefined) return failed;
    const shrunk = await shrink(input, async (shorter) => (await this.alone(shorter)) !== undefined);
    return (await this.alone(shrunk)) ?? { message: failed.message, input };
  }

  /** One case, and all that comes of it. */
  async alone(input: Buffer): Promise<Finding | undefined> {
    this.#alive();
    try {
      await this.#target.run(input);
      await this.#stray.check();
      await this.#target.settle?.();
      return undefined;
    } catch (error) {
      return { message: describe(error), input };
    }
  }

  /** Looks again at the cases that took longest. */
  async slow(): Promise<Finding | undefined> {
    const bound = Math.max(SLOW * this.#timings.median, this.#target.floorMs);
    for (const { input, ms } of this.#timings.slowest) {
      if (ms <= bound || (await this.#best(input)) <= bound) continue;
      const shrunk = await shrink(input, async (shorter) => (await this.#best(shorter)) > bound);
      const took = await this.#best(shrunk);
      // The whole machine may have been slow until now.
      if (took <= bound) continue;
      return {
        message: `takes ${took.toFixed(1)} ms where ${bound.toFixed(1)} ms are the bound`,
        input: shrunk,
      };
    }
    return undefined;
  }

  async #together(batch: readonly Buffer[]): Promise<Finding | undefined> {
    const waiting = batch.values();
    let failed: Finding | undefined;
    const lane = async (): Promise<void> => {
      for (const input of waiting) {
        if (failed !== undefined) return;
        const started = performance.now();
        try {
          // A parser's case is over at once, and a promise would take longer than it.
          const under = this.#target.run(input);
          if (under !== undefined) await under;
        } catch (error) {
          failed ??= { message: describe(error), input };
        }
        this.#timings.add(input, performance.now() - started);
      }
    };
    await Promise.all(Array.from({ length: this.#target.together ?? 1 }, lane));
    return failed;
  }

  async #aftermath(): Promise<Finding | undefined> {
    try {
      await this.#stray.check();
      await this.#target.settle?.();
      return undefined;
    } catch (error) {
      return { message: describe(error), input: undefined };
    }
  }

  async #culprit(batch: readonly Buffer[]): Promise<Buffer | undefined> {
    for (const input of batch) if ((await this.alone(input)) !== undefined) return input;
    return undefined;
  }

  async #best(input: Buffer): Promise<number> {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < SLOW_RUNS; round += 1) {
      const started = performance.now();
      await this.alone(input);
      best = Math.min(best, performance.now() - started);
    }
    return best;
  }
}

/** What was thrown, with where it came from: a finding is for developers. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
