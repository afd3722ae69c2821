import { availableParallelism } from 'node:os';
import { allowlistFrom } from '../allowlist/entries.ts';
import type { FailedLogins } from '../config/limits.ts';
import type { ServerConfig } from '../config/server-config.ts';
import { memoryStore } from '../counters/memory-store.ts';
import { openFileLimit } from '../net/descriptors.ts';
import { dialer } from '../net/dial.ts';
import type { WatchedCertificates } from '../net/watched-certificates.ts';
import { ObservedJournal } from '../observe/journal.ts';
import { Journals } from '../observe/journals.ts';
import { Metrics } from '../observe/metrics.ts';
import type { ConnectionRecord } from '../session/record.ts';
import { createThrottle, type Throttle } from '../throttle/throttle.ts';
import { withinDescriptors } from './capacity.ts';
import { Fleet } from './fleet.ts';
import { Gateway } from './gateway.ts';
import { listenerOf } from './listener-of.ts';
import type { ServerOptions } from './server-options.ts';
import { alone, type Service } from './service.ts';

/** What a server has made before it knows who serves. */
export interface Inside {
  readonly certificates: WatchedCertificates;
  /** Seed of mock verifiers. */
  readonly secret: Buffer;
  readonly throttle: Throttle;
}

/** How many processes serve; `auto`: as many as there are cores, which on one core means none besides this. */
export function workersOf({ workers }: Pick<ServerConfig, 'workers'>): number {
  return workers === 'auto' ? availableParallelism() : workers;
}

export function throttleOf({ exempt, ...settings }: FailedLogins): Throttle {
  const list = allowlistFrom(exempt, 'limits.failed_logins.exempt');
  return createThrottle(
    { ...settings, exempt: list },
    memoryStore(() => performance.now()),
  );
}

export function aloneOf(
  { config, catalog, audit, log }: ServerOptions,
  { certificates, secret, throttle }: Inside,
): Service {
  const { limits } = config;
  const gateway = new Gateway({
    listen: config.listen.map(listenerOf(limits)),
    catalog: () => catalog.current,
    certificates: () => certificates.current,
    mockSecret: secret,
    limits: withinDescriptors(limits, openFileLimit(), log),
    throttle,
    dial: dialer({ timeout: limits.upstreamConnectTimeout, keepalive: limits.keepalive }),
    recorder: audit.admissions,
    journal: audit.journal,
    trailBehind: () => audit.trail.behind,
    log,
  });
  return alone(gateway, () => log.warn('one process serves: there are no workers to replace'));
}

export function fleetOf(
  { config, catalog, audit, log }: ServerOptions,
  { certificates, secret, throttle }: Inside,
): Service {
  const workers = workersOf(config);
  const openFiles = openFileLimit();
  const metrics = new Metrics({
    sessions: () => 0,
    records: () => [],
    buffered: () => 0,
    certificates: () => certificates.current.expiring,
  });
  const journal = new Journals(new ObservedJournal(log, metrics), audit.journal);
  return new Fleet({
    settings: {
      listen: config.listen,
      tls: config.tls,
      // Each has descriptors of its own.
      limits: withinDescriptors(config.limits, openFiles && openFiles * workers, log),
      mockSecret: secret,
      workers,
    },
    catalog: () => catalog.current,
    shared: {
      throttle,
      admissions: audit.admissions,
      trail: audit.trail,
      lost: (record) => journal.ended(lostWithWorker(record)),
    },
    recorder: audit.admissions,
    trailBehind: () => audit.trail.behind,
    lockouts: () => !throttle.lockouts.none,
    metrics,
    patience: config.drain,
    log,
  });
}

/** How much it relayed, only its worker knew. */
function lostWithWorker(record: ConnectionRecord): ConnectionRecord {
  const detail = 'the process that served it ended';
  return { ...record, outcome: 'failed', reason: 'worker-lost', detail };
}
