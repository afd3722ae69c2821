import type { KeyRing } from '../config/key-ring.ts';
import type { Files } from './files.ts';
import { nodeFiles } from './node-files.ts';
import { listSegments, type Segment } from './segment-names.ts';
import { readSegment, type TrailLine } from './segment-reader.ts';

export interface ReadOptions {
  /** Records before this sequence are left out. Default: from the oldest. */
  readonly from?: number;
  /** For encrypted segments. */
  readonly keys?: KeyRing | undefined;
  readonly signal?: AbortSignal;
  /** For tests. */
  readonly files?: Files;
}

/**
 * Reads the trail in `dir` once, from the oldest record (or `from`) to the end as it is then, in bounded memory. Takes
 * no lock: a gateway may go on writing. What cannot be read comes as a line with a `problem`, and of a segment that
 * was encrypted with another key, or changed, as one.
 *
 * @throws what the file system says where the directory cannot be read; the signal's reason when it is aborted
 */
export async function* readRecords(dir: string, options: ReadOptions = {}): AsyncGenerator<TrailLine> {
  const { from = 0, files = nodeFiles, keys, signal } = options;
  const segments = await listSegments(files, dir);
  for (const { name } of segments.slice(indexOf(segments, from))) {
    for await (const { line } of readSegment({ files, dir, keys, signal }, startOf(name))) {
      if (line.problem !== undefined || line.sequence >= from) yield line;
    }
  }
}

/** The beginning of a segment, to read from. */
export function startOf(name: string): { name: string; offset: number; lineNumber: number } {
  return { name, offset: 0, lineNumber: 0 };
}

/** Index of the segment in which a sequence is, or would be. */
export function indexOf(segments: readonly Segment[], sequence: number): number {
  return Math.max(
    segments.findLastIndex(({ first }) => first <= sequence),
    0,
  );
}
