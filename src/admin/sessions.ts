import { formatAddress, parseAddress } from '../allowlist/address.ts';
import type { ConnectionRecord } from '../session/record.ts';
import { killed } from '../session/refusals.ts';
import type { Cuttable, Sessions } from '../session/sessions.ts';
import { type Answer, json } from './answer.ts';

export const SESSIONS_PATH = '/api/portcullis/v1/sessions';

/** Answers what `answerSessions` does, for this process or for all that serve together. */
export type SessionDesk = (method: string, query: URLSearchParams) => Answer | Promise<Answer>;

/** By what sessions are told apart; all that are given must match. */
const FILTERS = {
  id: (record: ConnectionRecord) => record.id,
  branch: (record: ConnectionRecord) => record.branch,
  role: (record: ConnectionRecord) => record.role,
  address: (record: ConnectionRecord) => record.address,
} as const;

/** Stands where nothing else does. */
const ALL = 'all';

type FilterName = keyof typeof FILTERS;

/** GET lists the live sessions, DELETE cuts those that the query names, and says which; without a name, none. */
export function answerSessions(method: string, query: URLSearchParams, sessions: Sessions): Answer {
  if (method !== 'GET' && method !== 'DELETE') return json(405, { message: 'only GET and DELETE' });
  const matches = filterOf(query);
  if (matches === undefined) return json(400, { message: 'address is not an IP address' });
  // A misspelt name would otherwise leave no session out.
  if (![...query.keys()].every((name) => name === ALL || Object.hasOwn(FILTERS, name)))
    return json(400, { message: 'there are id, branch, role, address, and all' });
  if (method === 'GET') return json(200, { sessions: live(sessions).filter(matches).map(written) });
  if (query.size === 0) return json(400, { message: 'say which: id, branch, role, address, or all' });
  const cut = sessions.cutWhere((session) =>
    isLive(session) && matches(session.record) ? killed() : undefined,
  );
  return json(200, { sessions: cut.map(({ record }) => written(record)) });
}

function live(sessions: Sessions): ConnectionRecord[] {
  return [...sessions.all()].filter(isLive).map(({ record }) => record);
}

/** Let in; before that, nobody has proved to be who he says he is. */
function isLive({ standing }: Cuttable): boolean {
  return standing !== undefined;
}

/** @returns undefined where an address cannot be read. */
function filterOf(query: URLSearchParams): ((record: ConnectionRecord) => boolean) | undefined {
  const wanted = new Map<FilterName, string>();
  for (const name of Object.keys(FILTERS) as FilterName[]) {
    const value = query.get(name);
    if (value === null) continue;
    const address = name === 'address' ? parseAddress(value) : undefined;
    if (name === 'address' && address === undefined) return undefined;
    wanted.set(name, address === undefined ? value : formatAddress(address));
  }
  return (record) => [...wanted].every(([name, value]) => FILTERS[name](record) === value);
}

function written(record: ConnectionRecord): Record<string, unknown> {
  return {
    id: record.id,
    address: record.address,
    port: record.port,
    project: record.project,
    branch: record.branch,
    endpoint: record.endpoint,
    role: record.role,
    database: record.database,
    application_name: record.applicationName,
    tls: record.tls?.version,
    age_ms: Math.round(performance.now() - record.acceptedAt),
    bytes_from_client: record.bytesFromClient,
    bytes_from_upstream: record.bytesFromUpstream,
  };
}
