import type { Registry } from 'prom-client';

/** What the admin listener answers from; asked at every request. */
export interface AdminSource {
  /** What must hold for clients to be served, by name; it never dials a database. */
  readonly readiness: () => ReadonlyMap<string, boolean>;
  readonly metrics: Registry;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** @param path without a query. */
export async function answer(path: string, source: AdminSource): Promise<Answer> {
  switch (path) {
    case '/livez':
      return json(200, { status: 'ok' });
    case '/readyz': {
      const checks = source.readiness();
      const ready = [...checks.values()].every(Boolean);
      return json(ready ? 200 : 503, {
        status: ready ? 'ok' : 'unavailable',
        checks: Object.fromEntries(checks),
      });
    }
    case '/metrics':
      return { status: 200, type: source.metrics.contentType, body: await source.metrics.metrics() };
    default:
      return json(404, { message: 'not found; there are /livez, /readyz and /metrics' });
  }
}

export function json(status: number, body: unknown): Answer {
  return { status, type: JSON_TYPE, body: `${JSON.stringify(body)}\n` };
}
