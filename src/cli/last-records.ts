import type { RecordEvent } from '../audit/filter.ts';
import { objectIn } from '../audit/values.ts';
import type { AuditConfig } from '../config/audit.ts';
import { nodeFiles } from '../trail/node-files.ts';
import { startOf } from '../trail/reader.ts';
import { listSegments } from '../trail/segment-names.ts';
import { readSegment } from '../trail/segment-reader.ts';

export interface Wish {
  readonly lines: number;
  /** ms since 1970; segments that end before are not read. */
  readonly since: number | undefined;
  readonly wanted: (event: RecordEvent | undefined) => event is RecordEvent;
}

export interface ShownRecord {
  readonly line: string;
  readonly event: RecordEvent;
}

/**
 * The last records that are wanted, the oldest first: one segment after the other is read, the newest first, until
 * there are enough.
 * @returns `end`: the sequence of the last record of all that was seen.
 */
export async function lastRecords(
  { dir, keys }: AuditConfig,
  { lines, since, wanted }: Wish,
): Promise<{ readonly records: readonly ShownRecord[]; readonly end: number }> {
  const source = { files: nodeFiles, dir, keys, signal: undefined };
  let records: ShownRecord[] = [];
  let end = 0;
  for (const { name } of (await listSegments(nodeFiles, dir)).toReversed()) {
    const found: ShownRecord[] = [];
    let first: RecordEvent | undefined;
    for await (const { line } of readSegment(source, startOf(name))) {
      if (line.problem !== undefined) continue;
      const event = eventIn(line.line);
      first ??= event;
      end = Math.max(end, line.sequence);
      if (!wanted(event)) continue;
      found.push({ line: line.line, event });
      if (found.length > 2 * lines) found.splice(0, found.length - lines);
    }
    records = [...found, ...records].slice(-lines);
    const isEnough = records.length >= lines && end > 0;
    if (isEnough || isBefore(first, since)) break;
  }
  return { records: lines === 0 ? [] : records, end };
}

/** @returns undefined where the line is no JSON object: somebody was at the file. */
export function eventIn(line: string): RecordEvent | undefined {
  try {
    return objectIn(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Whatever lies before a segment that begins before `since` is older still. */
function isBefore(event: RecordEvent | undefined, since: number | undefined): boolean {
  const time = event?.['time'];
  return since !== undefined && typeof time === 'number' && time < since;
}
