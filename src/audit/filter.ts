import { compareWords } from '../allowlist/address.ts';
import { parseEntry, type Range } from '../allowlist/entry.ts';
import { OTHERS } from './refusal-key.ts';
import { textIn, valueIn } from './values.ts';

/** How a connection or a change went, in words for people. */
export const OUTCOMES = ['admitted', 'refused', 'closed', 'cut', 'canceled', 'abandoned', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What is asked for; parts that are undefined ask for nothing. */
export interface FilterOptions {
  /** ms since 1970; both ends included. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly role?: string | undefined;
  /** An address, a CIDR or a range. */
  readonly address?: string | undefined;
  /** A branch's id. */
  readonly branch?: string | undefined;
  readonly outcome?: Outcome | undefined;
}

/** Records as JSON.parse gives them. */
export type RecordEvent = Readonly<Record<string, unknown>>;
export type RecordFilter = (event: RecordEvent) => boolean;

/**
 * Refusals that were told together match an address that may have been among them: nobody who looks for one must
 * miss it.
 */
export function recordFilter(
  options: FilterOptions,
): { readonly matches: RecordFilter } | { readonly problem: string } {
  const {
    since = Number.NEGATIVE_INFINITY,
    until = Number.POSITIVE_INFINITY,
    role,
    branch,
    outcome,
  } = options;
  const wanted = options.address === undefined ? undefined : parseEntry(options.address);
  if (wanted !== undefined && 'problem' in wanted) return { problem: wanted.problem };
  const range = wanted?.range;
  return {
    matches: (event) => {
      const time = timeOf(event);
      if (!(time.to >= since && time.from <= until)) return false;
      if (role !== undefined && roleIn(event) !== role) return false;
      if (branch !== undefined && branchIn(event) !== branch) return false;
      if (outcome !== undefined && outcomeIn(event) !== outcome) return false;
      return range === undefined || mayComeFrom(event, range);
    },
  };
}

/** The role that a record is about; undefined where it is about none. */
export function roleIn(event: RecordEvent): string | undefined {
  return (
    textIn(event, 'user', 'name') ??
    (event['class_uid'] === DATASTORE_ACTIVITY ? textIn(event, 'actor', 'user', 'name') : undefined) ??
    textIn(event, 'unmapped', 'portcullis', 'role')
  );
}

const DATASTORE_ACTIVITY = 6005;

export function branchIn(event: RecordEvent): string | undefined {
  return textIn(event, 'unmapped', 'portcullis', 'branch');
}

/** The address, or the prefix of many; undefined where nobody came from anywhere. */
export function sourceIn(event: RecordEvent): string | undefined {
  return textIn(event, 'unmapped', 'portcullis', 'prefix') ?? textIn(event, 'src_endpoint', 'ip');
}

export function outcomeIn(event: RecordEvent): Outcome | undefined {
  const code = textIn(event, 'metadata', 'event_code');
  const found = CODES.get(code ?? '');
  if (found !== undefined) return found;
  const outcome = textIn(event, 'unmapped', 'portcullis', 'outcome');
  return OUTCOMES.find((each) => each === outcome) ?? (event['status'] === 'Failure' ? 'failed' : undefined);
}

const CODES: ReadonlyMap<string, Outcome> = new Map([
  ['logged-in', 'admitted'],
  ['refused', 'refused'],
  ['password-refused', 'refused'],
  ['abandoned', 'abandoned'],
  ['canceled', 'canceled'],
]);

/** Whether one record may tell of many connections, with a count and a span of time. */
function mayBeMany(event: RecordEvent): boolean {
  return ['refused', 'abandoned'].includes(textIn(event, 'metadata', 'event_code') ?? '');
}

/** A refusal's may be a span. */
function timeOf(event: RecordEvent): { readonly from: number; readonly to: number } {
  const time = numberOf(event['time']);
  if (!mayBeMany(event)) return { from: time, to: time };
  return { from: numberOf(event['start_time']), to: numberOf(event['end_time']) };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}

function mayComeFrom(event: RecordEvent, range: Range): boolean {
  const source = sourceIn(event);
  if (source === undefined) return false;
  if (source === OTHERS) return true;
  const parsed = parseEntry(source);
  if ('problem' in parsed || parsed.range.first.family !== range.first.family) return false;
  const { first, last } = parsed.range;
  return compareWords(first.words, range.last.words) <= 0 && compareWords(range.first.words, last.words) <= 0;
}

/** How many were refused together; 1 for anything else. */
export function countIn(event: RecordEvent): number {
  const count = valueIn(event, 'count');
  return mayBeMany(event) && typeof count === 'number' ? count : 1;
}
