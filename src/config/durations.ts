/** Milliseconds of each unit. */
const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const DURATION = /^(\d{1,12})(ms|s|m|h|d)$/;

export const NOT_A_DURATION = 'must be a duration: a whole number and one of ms, s, m, h, d, such as 15s';

/** Milliseconds. */
export interface DurationBounds {
  readonly min: number;
  readonly max: number;
}

/** @returns milliseconds, or the problem as the end of a sentence that begins with the key. */
export function parseDuration(
  text: string,
  bounds: DurationBounds,
): { readonly ms: number } | { readonly problem: string } {
  const [, digits, unit] = DURATION.exec(text) ?? [];
  const length = UNITS[unit as keyof typeof UNITS];
  if (digits === undefined || length === undefined) {
    return { problem: NOT_A_DURATION };
  }
  const ms = Number(digits) * length;
  if (ms < bounds.min || ms > bounds.max) {
    return { problem: `must be from ${formatDuration(bounds.min)} to ${formatDuration(bounds.max)}` };
  }
  return { ms };
}

/** In the largest unit that holds it without a remainder: 150s, 2m, 30d. */
export function formatDuration(ms: number): string {
  const units = Object.entries(UNITS).toReversed();
  const [unit, length] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['s', UNITS.s];
  return `${ms / length}${unit}`;
}
