import { compareWords, type Words } from '../allowlist/address.ts';
import { parseEntry, type Range } from '../allowlist/entry.ts';
import type { ShownValue } from './catalog-change.ts';
import type { Settings } from './policy-model.ts';
import { AUTH_QUERY, LIST, LOGIN, MIN_BITS, PROTECTED, PROTECTED_ONLY } from './policy-settings.ts';

/** Words from the loosest to the strictest. */
const STRICTNESS: ReadonlyMap<string, readonly string[]> = new Map([
  ['client_certificate', ['off', 'optional', 'required']],
  ['sql.prehashed_passwords', ['allow', 'refuse']],
  ['sql.audit', ['none', 'ddl', 'all']],
  ['upstream.sslmode', ['disable', 'require', 'verify-ca', 'verify-full']],
  ['upstream.channel_binding', ['disable', 'prefer', 'require']],
]);

/** Settings that forbid while they are false. */
const PERMISSIONS = new Set([
  'replication',
  'auth_query.superusers',
  'auth_query.replication_roles',
  'default',
]);

/** Settings of which another value lets somebody else in, or leads elsewhere. */
const IDENTITIES = new Set([
  'upstream.host',
  'upstream.port',
  'upstream.sslrootcert',
  'auth_query.database',
  'auth_query.query',
  AUTH_QUERY,
]);

/** Whether another value of a branch's or a project's setting may let somebody in who was not let in before. */
export function settingLoosens(name: string, before: ShownValue, after: ShownValue): boolean {
  const order = STRICTNESS.get(name);
  if (order !== undefined) return order.indexOf(String(after)) < order.indexOf(String(before));
  if (PERMISSIONS.has(name)) return after === true;
  if (IDENTITIES.has(name)) return after !== null;
  if (name === 'client_certificate_role') return before !== 'off';
  if (name === 'connection_limit') return limitGrows(before, after);
  // Null: no password is looked at.
  if (name === MIN_BITS) return Number(after ?? 0) < Number(before ?? 0);
  if (name === 'upstream.require_auth' || name === 'upstream.database') return listGrows(before, after);
  return false;
}

/** The same for a role's. */
export function roleLoosens(name: string, before: Settings, after: Settings): boolean {
  const [was, is] = [before[name] ?? null, after[name] ?? null];
  if (name === LOGIN) return is === true;
  if (name === 'connection_limit') return limitGrows(was, is);
  return name === 'upstream.role' || name === 'upstream.login';
}

/** Null: no limit. */
function limitGrows(before: ShownValue, after: ShownValue): boolean {
  if (before === null) return false;
  return after === null || Number(after) > Number(before);
}

/** Null: everything. */
function listGrows(before: ShownValue, after: ShownValue): boolean {
  if (before === null) return false;
  if (!Array.isArray(before) || !Array.isArray(after)) return true;
  return after.some((entry) => !before.includes(entry));
}

/** A project's settings and a branch's of it. */
type Both = readonly [project: Settings, branch: Settings];

/**
 * Whether a branch admits an address that it did not admit before. Branches that fall back to one list of their
 * project ask the same; the answer is kept for as long as the function is.
 */
export function growthJudge(): (before: Both, after: Both) => boolean {
  const known: { were: readonly string[]; are: readonly string[]; grows: boolean }[] = [];
  return (before, after) => {
    const were = entriesOf(before);
    const are = entriesOf(after);
    if (were === undefined) return false;
    if (are === undefined) return true;
    const found = known.find((each) => each.were === were && each.are === are);
    if (found !== undefined) return found.grows;
    const grows = !isSame(were, are) && !isWithin(merged(are), merged(were));
    known.push({ were, are, grows });
    return grows;
  };
}

function isSame(were: readonly string[], are: readonly string[]): boolean {
  return were.length === are.length && were.every((entry, index) => entry === are[index]);
}

/** @param ranges, covers sorted, no two of either meeting. */
function isWithin(ranges: readonly Range[], covers: readonly Range[]): boolean {
  const rest = covers.values();
  let cover = rest.next();
  return ranges.every((range) => {
    while (!cover.done && isBefore(cover.value, range)) cover = rest.next();
    return !cover.done && isInside(range, cover.value);
  });
}

function isBefore(cover: Range, range: Range): boolean {
  if (cover.first.family !== range.first.family) return cover.first.family < range.first.family;
  return compareWords(cover.last.words, range.first.words) < 0;
}

function isInside({ first, last }: Range, cover: Range): boolean {
  if (cover.first.family !== first.family) return false;
  return compareWords(cover.first.words, first.words) <= 0 && compareWords(last.words, cover.last.words) <= 0;
}

/** The entries that count for a branch (catalog/openness.ts, `entriesFor`); undefined where everyone is admitted. */
function entriesOf([project, branch]: Both): readonly string[] | undefined {
  const own = branch[LIST] ?? null;
  if (Array.isArray(own)) return own;
  const list = project[LIST] ?? null;
  const counts = project[PROTECTED_ONLY] !== true || branch[PROTECTED] === true;
  return counts && Array.isArray(list) ? list : undefined;
}

/** Ranges that neither meet nor touch, so that one within several is within one of these. */
function merged(entries: readonly string[]): Range[] {
  const ranges = entries.flatMap((entry) => {
    const parsed = parseEntry(entry);
    return 'range' in parsed ? [parsed.range] : [];
  });
  ranges.sort((a, b) => a.first.family - b.first.family || compareWords(a.first.words, b.first.words));
  const result: Range[] = [];
  for (const range of ranges) {
    const before = result.at(-1);
    if (before !== undefined && meets(before, range)) result[result.length - 1] = joined(before, range);
    else result.push(range);
  }
  return result;
}

function meets(before: Range, range: Range): boolean {
  if (before.last.family !== range.first.family) return false;
  return (
    compareWords(range.first.words, before.last.words) <= 0 || isNext(before.last.words, range.first.words)
  );
}

function joined(before: Range, range: Range): Range {
  const last = compareWords(before.last.words, range.last.words) < 0 ? range.last : before.last;
  return { first: before.first, last };
}

function isNext(last: Words, first: Words): boolean {
  return numberOf(first) - numberOf(last) === 1n;
}

function numberOf(words: Words): bigint {
  return words.reduce((number, word) => (number << 32n) | BigInt(word), 0n);
}
