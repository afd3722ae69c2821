import { objectIn } from '../audit/values.ts';
import type { TrailRecord } from './sink.ts';

/** What no class of OCSF goes without and is a number, or where the record stands in the trail. */
const KEPT = ['activity_id', 'category_uid', 'class_uid', 'severity_id', 'time', 'type_uid'] as const;
const KEPT_METADATA = ['correlation_uid', 'log_name', 'product', 'sequence', 'uid', 'version'] as const;

/**
 * A record that is too large for where it goes, as JSON of at most `room` bytes: it says by `metadata.is_truncated`
 * that it is not whole, and in `metadata.untruncated_size` how large it was (OCSF 1.8, object metadata). The largest
 * parts go first. The trail's own files have it whole, under the same `metadata.uid`.
 */
export function shortened({ event, line }: TrailRecord, room: number): string {
  const metadata = objectIn(event['metadata']) ?? {};
  const small: Record<string, unknown> = {
    ...only(event, KEPT),
    metadata: {
      ...only(metadata, KEPT_METADATA),
      is_truncated: true,
      untruncated_size: Buffer.byteLength(line),
    },
  };
  let left = room - Buffer.byteLength(JSON.stringify(small));
  for (const { name, size } of bySize(event)) {
    if (name in small || size > left) continue;
    small[name] = event[name];
    left -= size;
  }
  return JSON.stringify(small);
}

function only(from: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
}

/** The members and the bytes that each takes: its name, its value, a colon and a comma. */
function bySize(event: Readonly<Record<string, unknown>>): { name: string; size: number }[] {
  return Object.entries(event)
    .map(([name, value]) => ({ name, size: Buffer.byteLength(JSON.stringify({ [name]: value })) - 1 }))
    .toSorted((a, b) => a.size - b.size);
}
