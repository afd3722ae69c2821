import { STEP, type Steps } from './steps.ts';

export interface ListDifference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What has come and what has gone, each in the order of its list. */
export function* listDifference(before: readonly string[], after: readonly string[]): Steps<ListDifference> {
  return { added: yield* notIn(before, after), removed: yield* notIn(after, before) };
}

/** What a list has and another has not. A long list mostly differs in little: what both begin with needs no set. */
function* notIn(others: readonly string[], list: readonly string[]): Steps<readonly string[]> {
  const start = list.findIndex((entry, index) => entry !== others[index]);
  if (start === -1) return [];
  const known = new Set<string>();
  for (let from = 0; from < others.length; from += STEP) {
    for (const entry of others.slice(from, from + STEP)) known.add(entry);
    yield;
  }
  const found: string[][] = [];
  for (let from = start; from < list.length; from += STEP) {
    found.push(list.slice(from, from + STEP).filter((entry) => !known.has(entry)));
    yield;
  }
  return found.flat();
}
