/** Bytes of each unit (IEC 80000-13). */
const UNITS = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

const SIZE = /^(\d{1,12})(B|KiB|MiB|GiB)$/;

export const NOT_A_SIZE = 'must be a size: a whole number and one of B, KiB, MiB, GiB, such as 64MiB';

/** Bytes. */
export interface SizeBounds {
  readonly min: number;
  readonly max: number;
}

/** @returns bytes, or the problem as the end of a sentence that begins with the key. */
export function parseSize(
  text: string,
  bounds: SizeBounds,
): { readonly bytes: number } | { readonly problem: string } {
  const [, digits, unit] = SIZE.exec(text) ?? [];
  const length = UNITS[unit as keyof typeof UNITS];
  if (digits === undefined || length === undefined) return { problem: NOT_A_SIZE };
  const bytes = Number(digits) * length;
  if (bytes < bounds.min || bytes > bounds.max)
    return { problem: `must be from ${formatSize(bounds.min)} to ${formatSize(bounds.max)}` };
  return { bytes };
}

/** In the largest unit that holds it without a remainder: 512KiB, 64MiB. */
export function formatSize(bytes: number): string {
  const units = Object.entries(UNITS).toReversed();
  const [unit, length] = units.find(([, each]) => bytes >= each && bytes % each === 0) ?? ['B', UNITS.B];
  return `${bytes / length}${unit}`;
}
