import { branchIn, countIn, outcomeIn, type RecordEvent, roleIn, sourceIn } from './filter.ts';
import { textIn, valueIn } from './values.ts';

/** The longest event's word: `upstream-connected`. */
const WORD_WIDTH = 18;

/** Makes a client's text fit for a terminal: one line, escapes made visible, bounded. */
export type Escape = (text: string) => string;

/**
 * A record on one line for people: when, what, who, from where, how often, why.
 * @param shown for everything that a record says; `printable` of src/observe.
 */
export function humanLine(event: RecordEvent, shown: Escape): string {
  const code = textIn(event, 'metadata', 'event_code') ?? 'unknown';
  const parts = [timeText(event), shown(code).padEnd(WORD_WIDTH), ...PARTS.map((part) => part(event))];
  return parts
    .filter((part) => part !== undefined)
    .map((part, index) => (index < 2 ? part : shown(part)))
    .join(' ')
    .trimEnd();
}

type Part = (event: RecordEvent) => string | undefined;

const PARTS: readonly Part[] = [
  from,
  who,
  change,
  upstream,
  traffic,
  call,
  statement,
  trail,
  many,
  (event) => textIn(event, 'unmapped', 'portcullis', 'what'),
  why,
];

/** RFC 3339 in UTC, which sorts as text. */
function timeText(event: RecordEvent): string {
  const time = valueIn(event, 'time');
  const isTime = typeof time === 'number' && Math.abs(time) <= MAX_TIME;
  return isTime ? new Date(time).toISOString() : 'at an unknown time';
}

/** What a Date holds (ECMA-262, 21.4.1.1). */
const MAX_TIME = 8.64e15;

function from(event: RecordEvent): string | undefined {
  const source = sourceIn(event) ?? (isCall(event) ? undefined : placeName(event));
  const port = valueIn(event, 'src_endpoint', 'port');
  if (source === undefined) return undefined;
  if (typeof port !== 'number') return source;
  return source.includes(':') ? `[${source}]:${port}` : `${source}:${port}`;
}

function who(event: RecordEvent): string | undefined {
  const role = roleIn(event);
  const place = textIn(event, 'unmapped', 'portcullis', 'endpoint') ?? branchIn(event);
  const database = textIn(event, 'unmapped', 'portcullis', 'database');
  if (role === undefined) return place && `at ${place}`;
  return `${role}${place === undefined ? '' : `@${place}`}${database === undefined ? '' : `/${database}`}`;
}

/** What was changed in the catalog, how, and by whom. */
function change(event: RecordEvent): string | undefined {
  if (textIn(event, 'metadata', 'event_code') !== 'catalog-changed') return undefined;
  const entity = [textIn(event, 'entity', 'type'), textIn(event, 'entity', 'name')];
  const action = textIn(event, 'activity_name')?.toLowerCase();
  const actor = textIn(event, 'actor', 'user', 'name') ?? textIn(event, 'actor', 'invoked_by');
  const loosens = valueIn(event, 'unmapped', 'portcullis', 'loosens') === true ? '(loosens)' : undefined;
  const ours = valueIn(event, 'unmapped', 'portcullis');
  const values = [
    valueIn(event, 'entity', 'data') ?? valueIn(ours, 'before'),
    valueIn(event, 'entity_result', 'data') ?? valueIn(ours, 'after'),
  ]
    .filter((value) => value !== undefined)
    .map((value) => JSON.stringify(value))
    .join(' → ');
  return [...entity, action, values, loosens, actor && `by ${actor}`].filter(Boolean).join(' ');
}

function upstream(event: RecordEvent): string | undefined {
  const role = textIn(event, 'unmapped', 'portcullis', 'upstream', 'role');
  if (role === undefined) return undefined;
  const host = ['hostname', 'ip', 'name'].map((name) => textIn(event, 'dst_endpoint', name)).find(Boolean);
  return `→ ${role}@${host ?? 'unknown'}:${String(valueIn(event, 'dst_endpoint', 'port'))}`;
}

function traffic(event: RecordEvent): string | undefined {
  const [sent, received] = [valueIn(event, 'traffic', 'bytes_out'), valueIn(event, 'traffic', 'bytes_in')];
  const duration = valueIn(event, 'duration');
  if (typeof sent !== 'number' || typeof received !== 'number' || typeof duration !== 'number')
    return undefined;
  return `${outcomeIn(event) ?? 'closed'} after ${(duration / 1000).toFixed(3)} s, ${sent} B sent, ${received} B received`;
}

/** What the admin listener was asked; its Unix socket knows no callers. */
function call(event: RecordEvent): string | undefined {
  const operation = textIn(event, 'api', 'operation');
  if (operation === undefined) return undefined;
  const place = sourceIn(event) === undefined ? placeName(event) : undefined;
  return `${operation}${byWhom(event)}${place === undefined ? '' : ` through ${place}`}`;
}

function isCall(event: RecordEvent): boolean {
  return textIn(event, 'api', 'operation') !== undefined;
}

/** Where a record came from, where that is no address. */
function placeName(event: RecordEvent): string | undefined {
  return textIn(event, 'src_endpoint', 'name');
}

function byWhom(event: RecordEvent): string {
  const name = textIn(event, 'actor', 'user', 'name');
  return name === undefined ? '' : ` by ${name}`;
}

/** What a statement was, and what became of it. */
function statement(event: RecordEvent): string | undefined {
  const ours = valueIn(event, 'unmapped', 'portcullis', 'statement');
  const rows = valueIn(ours, 'rows');
  const outcome = textIn(ours, 'outcome');
  if (outcome === undefined) return undefined;
  const counted = typeof rows === 'number' ? ` ${rows} rows` : '';
  return `${outcome}${counted}: ${textIn(event, 'query_info', 'query_string') ?? ''}`;
}

function many(event: RecordEvent): string | undefined {
  const count = countIn(event);
  return count > 1 ? `×${count}` : undefined;
}

/** What became of the trail itself. */
function trail(event: RecordEvent): string | undefined {
  const ours = valueIn(event, 'unmapped', 'portcullis');
  const count = String(valueIn(event, 'count'));
  switch (textIn(event, 'metadata', 'event_code')) {
    case 'recovered':
      return `${String(valueIn(ours, 'torn_bytes'))} bytes of segment ${textIn(ours, 'segment') ?? '?'} were cut off`;
    case 'events-lost':
      return `${count} records`;
    case 'trail-purged':
      return `${count} segments, up to record ${String(valueIn(ours, 'up_to', 'sequence'))}`;
    case 'trail-exported':
      return `${count} records${byWhom(event)}`;
    default:
      return undefined;
  }
}

/** The stable word, then the text for people. */
function why(event: RecordEvent): string | undefined {
  const told = [textIn(event, 'status_code'), textIn(event, 'status_detail')].filter(Boolean);
  return told.length === 0 ? undefined : `(${told.join(': ')})`;
}
