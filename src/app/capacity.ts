import type { Logger } from 'pino';
import { DEFAULT_MAX_CONNECTIONS } from '../config/server-schema.ts';
import { CROWD } from '../session/crowd.ts';

/** Descriptors of neither client nor upstream: files, listeners, look-ups, the admin's; and a share for many branches. */
const RESERVE = 64;
const RESERVED_SHARE = 1 / 16;

/**
 * How many sessions a process has descriptors for, each with a client's and an upstream's; at least one. Refusing
 * early is better than running out: then neither an upstream nor a file could be opened any more.
 */
export function sessionsFor(openFiles: number): number {
  return Math.max(1, Math.floor((openFiles * (1 - RESERVED_SHARE) - RESERVE) / (CROWD + 1)));
}

/** @param openFiles undefined where the system does not tell. */
export function withinDescriptors<Limits extends { readonly maxConnections: number }>(
  limits: Limits,
  openFiles: number | undefined,
  log: Logger,
): Limits {
  if (openFiles === undefined) return limits;
  const maxConnections = Math.min(limits.maxConnections, sessionsFor(openFiles));
  if (maxConnections === limits.maxConnections) return limits;
  // Nobody asked for the default.
  const level = limits.maxConnections === DEFAULT_MAX_CONNECTIONS ? 'info' : 'warn';
  const what = `limits.max_connections is ${limits.maxConnections}, and ulimit -n leaves room for ${maxConnections}`;
  log[level]({ openFiles }, what);
  return { ...limits, maxConnections };
}
