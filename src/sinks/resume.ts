import { readRecords } from '../trail/reader.ts';
import type { Position } from './position.ts';
import { recordIn } from './record-in.ts';
import type { TrailRecord } from './sink.ts';
import type { TrailSource } from './trail-tail.ts';

/**
 * Where a sink goes on.
 * @returns the sequence of the first record to send; 0: the first there is, as when the sink is new, or the trail is
 * another one than that which the position was in.
 */
export async function resume(source: TrailSource, position: Position | undefined): Promise<number> {
  if (position === undefined) return 0;
  const found = await firstFrom(source, position.sequence);
  // Shorter than it was, or another: nobody knows which of its records were sent.
  if (found === undefined || found.chain !== position.chain) return 0;
  if (found.sequence > position.sequence) return position.sequence + 1;
  // Another record in its place: what was sent was lost before it was durable.
  return found.uid === position.uid ? position.sequence + 1 : position.sequence;
}

async function firstFrom(
  { dir, keys, durable }: TrailSource,
  from: number,
): Promise<TrailRecord | undefined> {
  for await (const { line } of readRecords(dir, { from, keys })) {
    const record = recordIn(line);
    if (record !== undefined) return record.sequence <= durable.sequence ? record : undefined;
  }
  return undefined;
}
