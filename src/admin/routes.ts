import type { Registry } from 'prom-client';
import { type Answer, json } from './answer.ts';
import { AUDIT_EVENTS_PATH, AUDIT_PURGE_PATH, type AuditDesk, answerExported, answerPurge } from './audit.ts';
import { answerLockouts, LOCKOUTS_PATH, type LockoutSource } from './lockouts.ts';
import { SESSIONS_PATH, type SessionDesk } from './sessions.ts';

/** What the admin listeners answer from; asked at every request. */
export interface AdminSource {
  /** What must hold for clients to be served, by name, and why it does not; it never dials a database. */
  readonly readiness: () => ReadonlyMap<string, string | undefined>;
  readonly metrics: Pick<Registry, 'contentType' | 'metrics'>;
  readonly lockouts: LockoutSource;
  readonly sessions: SessionDesk;
  readonly audit: AuditDesk;
  /** Hears of every order, once it is answered. */
  readonly ordered: (call: Order) => void;
}

/** What was asked by somebody who may give orders. */
export interface Order {
  readonly method: string;
  readonly path: string;
  /** Of the answer. */
  readonly status: number;
}

export interface Question {
  readonly method: string;
  readonly url: URL;
  /** Whether it came by the control socket, which is for the gateway's own user; TCP takes no orders. */
  readonly trusted: boolean;
  /** Empty where it is not trusted. */
  readonly body: string;
}

export async function answer(question: Question, source: AdminSource): Promise<Answer> {
  const ordered = question.trusted ? await answerOrder(question, source) : undefined;
  if (ordered === undefined) return await answerAnyone(question, source);
  const { method, url } = question;
  source.ordered({ method, path: url.pathname, status: ordered.status });
  return ordered;
}

/** The contract's own shapes; the Neon API's will stand beside them. */
async function answerOrder(
  { method, url, body }: Question,
  source: AdminSource,
): Promise<Answer | undefined> {
  switch (url.pathname) {
    case LOCKOUTS_PATH:
      return await answerLockouts(method, url.searchParams, source.lockouts);
    case AUDIT_EVENTS_PATH:
      return await answerExported(method, body, source.audit);
    case AUDIT_PURGE_PATH:
      return await answerPurge(method, body, source.audit);
    case SESSIONS_PATH:
      return await source.sessions(method, url.searchParams);
    default:
      return undefined;
  }
}

async function answerAnyone({ method, url }: Question, source: AdminSource): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return json(405, { message: 'only GET' });
  switch (url.pathname) {
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

function readiness(source: AdminSource): Answer {
  const checks = [...source.readiness()];
  const problems = checks.filter(([, problem]) => problem !== undefined);
  const ready = problems.length === 0;
  return json(ready ? 200 : 503, {
    status: ready ? 'ok' : 'unavailable',
    checks: Object.fromEntries(checks.map(([name, problem]) => [name, problem === undefined])),
    ...(!ready && { problems: Object.fromEntries(problems) }),
  });
}
