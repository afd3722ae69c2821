import { Allowlist } from './allowlist.ts';
import { parseEntry, type Range } from './entry.ts';

/**
 * The list that entries make which were checked as they were written.
 * @param owner whose list it is, for the error.
 * @throws Error for an entry that cannot be read: a list that is shorter than written would be another one.
 */
export function allowlistFrom(entries: Iterable<string>, owner: string): Allowlist {
  return Allowlist.of(rangesOf(entries, owner));
}

function* rangesOf(entries: Iterable<string>, owner: string): Generator<Range> {
  for (const entry of entries) {
    const parsed = parseEntry(entry);
    if ('problem' in parsed) throw new Error(`${owner}: ${parsed.problem}`);
    yield parsed.range;
  }
}
