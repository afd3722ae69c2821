import type { Registry } from 'prom-client';
import { parseAddress } from '../allowlist/address.ts';
import type { Lockout, LockoutFilter } from '../throttle/lockouts.ts';

/** What the admin listeners answer from; asked at every request. */
export interface AdminSource {
  /** What must hold for clients to be served, by name; it never dials a database. */
  readonly readiness: () => ReadonlyMap<string, boolean>;
  readonly metrics: Registry;
  readonly lockouts: {
    list(now: Date): Promise<readonly Lockout[]>;
    lift(filter: LockoutFilter, now: Date): Promise<readonly Lockout[]>;
  };
}

export interface Question {
  readonly method: string;
  readonly url: URL;
  /** Whether it came by the control socket, which is for the gateway's own user; TCP takes no orders. */
  readonly trusted: boolean;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Where operators' requests are; the contract's own shapes, beside the Neon API's under /api/v2. */
export const LOCKOUTS_PATH = '/api/portcullis/v1/lockouts';
const JSON_TYPE = 'application/json; charset=utf-8';

export async function answer(question: Question, source: AdminSource): Promise<Answer> {
  if (question.trusted && question.url.pathname === LOCKOUTS_PATH)
    return await answerLockouts(question, source);
  if (question.method !== 'GET' && question.method !== 'HEAD') return json(405, { message: 'only GET' });
  switch (question.url.pathname) {
    case '/livez':
      return json(200, { status: 'ok' });
    case '/readyz':
      return readiness(source);
    case '/metrics':
      return { status: 200, type: source.metrics.contentType, body: await source.metrics.metrics() };
    default:
      return json(404, { message: 'not found; there are /livez, /readyz and /metrics' });
  }
}

export function json(status: number, body: unknown): Answer {
  return { status, type: JSON_TYPE, body: `${JSON.stringify(body)}\n` };
}

function readiness(source: AdminSource): Answer {
  const checks = source.readiness();
  const ready = [...checks.values()].every(Boolean);
  return json(ready ? 200 : 503, {
    status: ready ? 'ok' : 'unavailable',
    checks: Object.fromEntries(checks),
  });
}

async function answerLockouts({ method, url }: Question, { lockouts }: AdminSource): Promise<Answer> {
  if (method === 'GET') return json(200, { lockouts: (await lockouts.list(new Date())).map(written) });
  if (method !== 'DELETE') return json(405, { message: 'only GET and DELETE' });
  const filter = filterOf(url.searchParams);
  if (filter === undefined) return json(400, { message: 'address is not an IP address' });
  return json(200, { lockouts: (await lockouts.lift(filter, new Date())).map(written) });
}

function filterOf(query: URLSearchParams): LockoutFilter | undefined {
  const [address, branch, role] = [query.get('address'), query.get('branch'), query.get('role')];
  const parsed = address === null ? undefined : parseAddress(address);
  if (address !== null && parsed === undefined) return undefined;
  return {
    ...(parsed === undefined ? {} : { address: parsed }),
    ...(branch === null ? {} : { place: { kind: 'branch', name: branch } }),
    ...(role === null ? {} : { role }),
  };
}

function written({ dimension, address, place, role, until, failures }: Lockout): Record<string, unknown> {
  return { dimension, address, place, role, failures, until: until.toISOString() };
}
