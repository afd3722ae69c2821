import { Registry } from 'prom-client';
import type { AdminSource } from '../../src/admin/routes.ts';
import { answerSessions } from '../../src/admin/sessions.ts';
import { Sessions } from '../../src/session/sessions.ts';

/** What admin listeners answer from, with nothing in it. */
export function adminSource(): AdminSource {
  return {
    readiness: () => new Map(),
    metrics: new Registry(),
    lockouts: { list: async () => [], lift: async () => [] },
    sessions: (method, query) => answerSessions(method, query, new Sessions()),
    audit: { commit: async () => {}, purge: async () => ({ segments: [] }) },
    ordered: () => {},
  };
}
