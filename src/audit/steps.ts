/** Long work that stops wherever somebody else could have the event loop. Whoever runs it decides for how long. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Entries that are looked at between two stops. */
export const STEP = 1000;

/** Runs to the end without a stop. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
