import { join } from 'node:path';
import type { Files } from './files.ts';

/** Enough for every sequence that a JavaScript number holds exactly. */
const DIGITS = 16;
const PATTERN = /^(\d{16})\.(jsonl|jsonl\.enc|checkpoints|torn|sealing)$/;

/** What lies in the directory under a segment's name. */
export interface Segment {
  /** The sequence of its first record, in 16 digits. */
  readonly name: string;
  readonly first: number;
  readonly kinds: ReadonlySet<Kind>;
}

/**
 * jsonl: the records. jsonl.enc: the same, encrypted. checkpoints: what was signed of them. torn: bytes that a crash
 * left and recovery cut off. sealing: an encryption that is under way, or was broken off.
 */
export type Kind = 'jsonl' | 'jsonl.enc' | 'checkpoints' | 'torn' | 'sealing';

export function segmentName(first: number): string {
  return String(first).padStart(DIGITS, '0');
}

export function segmentPath(dir: string, name: string, kind: Kind): string {
  return join(dir, `${name}.${kind}`);
}

/** Segments whose records are there, the oldest first. */
export async function listSegments(files: Files, dir: string): Promise<Segment[]> {
  return (await listTraces(files, dir)).filter(holdsRecords);
}

/** Whatever is there of segments, also where only checkpoints are left; the oldest first. */
export async function listTraces(files: Files, dir: string): Promise<Segment[]> {
  const found = new Map<string, Set<Kind>>();
  for (const entry of await files.list(dir)) {
    const [, name, kind] = PATTERN.exec(entry) ?? [];
    if (name === undefined) continue;
    const kinds = found.get(name) ?? new Set();
    found.set(name, kinds.add(kind as Kind));
  }
  return [...found]
    .map(([name, kinds]) => ({ name, first: Number(name), kinds }))
    .toSorted((a, b) => a.first - b.first);
}

export function holdsRecords({ kinds }: Segment): boolean {
  return kinds.has('jsonl') || kinds.has('jsonl.enc');
}
