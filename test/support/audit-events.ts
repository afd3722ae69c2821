import type { AuditEvent, ConnectionFacts, RefusedEvent, UpstreamFacts } from '../../src/audit/events.ts';
import type { Followed } from '../../src/sql/followed.ts';

/** 2026-11-23T12:00:00Z. */
export const NOON = Date.UTC(2026, 10, 23, 12);

/** A connection as it is known once it is over. */
export const CONNECTION: ConnectionFacts = {
  id: 'c0f3a1b2-7d4e-4c55-9a1b-0e6f2d3c4b5a',
  address: '203.0.113.7',
  port: 51234,
  local: { address: '198.51.100.2', port: 5432 },
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', servername: 'ep-main-1.db.example.com' },
  project: 'shop',
  branch: 'br-main-1',
  endpoint: 'ep-main-1',
  role: 'app',
  database: 'orders',
  applicationName: 'psql',
  mechanism: 'SCRAM-SHA-256-PLUS',
  bytesFromClient: 0,
  bytesFromUpstream: 0,
};

export const UPSTREAM: UpstreamFacts = {
  host: 'db.internal',
  port: 5432,
  role: 'app',
  database: 'orders',
  pid: 4711,
};

const OPENED: ConnectionFacts = {
  id: CONNECTION.id,
  address: CONNECTION.address,
  port: CONNECTION.port,
  local: CONNECTION.local,
  tls: CONNECTION.tls,
  bytesFromClient: 0,
  bytesFromUpstream: 0,
};

const REFUSED: ConnectionFacts = {
  ...OPENED,
  address: '192.0.2.99',
  outcome: 'refused',
  reason: 'address',
  detail: 'address is not on the allowlist',
};

export const ONE_REFUSAL: RefusedEvent = {
  type: 'refused',
  connection: { ...REFUSED, project: 'shop', branch: 'br-main-1', endpoint: 'ep-main-1', role: 'app' },
  count: 1,
  from: NOON,
  to: NOON,
};

export const MANY_REFUSALS: RefusedEvent = {
  type: 'refused',
  connection: {
    id: CONNECTION.id,
    address: '192.0.2.99',
    port: 40000,
    outcome: 'refused',
    reason: 'password',
    endpoint: 'ep-main-1',
    role: 'admin',
    bytesFromClient: 0,
    bytesFromUpstream: 0,
  },
  count: 1200,
  from: NOON,
  to: NOON + 60_000,
  prefix: '192.0.2.99/32',
};

const ENDED: ConnectionFacts = {
  ...CONNECTION,
  bytesFromClient: 1234,
  bytesFromUpstream: 56_789,
  outcome: 'cut',
  reason: 'address',
  detail: 'terminating connection: this IP address is no longer allowed',
};

export const A_STATEMENT: Followed = {
  step: 'execute',
  text: {
    shown: 'INSERT INTO orders (customer, total) VALUES ($1, $2)',
    bytes: 52,
    isCut: false,
    isMasked: false,
    hidesParameters: false,
  },
  parameters: ['kim', '12.50'],
  outcome: 'done',
  tags: ['INSERT 0 1'],
  rows: 1,
  sqlstate: undefined,
  duration: 3,
};

const ACTOR = { kind: 'command', name: 'kim' } as const;

/** One of every event, and more where one type has several forms; by a title for people. */
export const EVENTS: Readonly<Record<string, AuditEvent>> = {
  'A connection is opened': { type: 'connection-opened', connection: CONNECTION },
  'A role logs in': { type: 'logged-in', connection: CONNECTION },
  'The session reaches its upstream': {
    type: 'upstream-connected',
    connection: CONNECTION,
    upstream: UPSTREAM,
  },
  'The upstream cannot be reached': {
    type: 'refused',
    connection: {
      ...CONNECTION,
      upstream: { ...UPSTREAM, pid: undefined },
      outcome: 'refused',
      reason: 'upstream-unreachable',
      detail: 'connect ECONNREFUSED',
    },
    count: 1,
    from: NOON,
    to: NOON,
  },
  'A statement is canceled': {
    type: 'canceled',
    connection: { ...OPENED, project: 'shop', branch: 'br-main-1' },
  },
  'A statement runs': {
    type: 'statement',
    connection: { ...CONNECTION, upstream: UPSTREAM },
    statement: A_STATEMENT,
  },
  'A statement fails': {
    type: 'statement',
    connection: { ...CONNECTION, upstream: UPSTREAM },
    statement: {
      step: 'query',
      text: {
        shown: "CREATE ROLE bob; ALTER ROLE kim PASSWORD '***'",
        bytes: 52,
        isCut: false,
        isMasked: true,
        hidesParameters: true,
      },
      parameters: undefined,
      outcome: 'failed',
      tags: ['CREATE ROLE'],
      rows: undefined,
      sqlstate: '42704',
      duration: 1,
    },
  },
  'A password in SQL is refused': {
    type: 'password-refused',
    connection: { ...CONNECTION, upstream: UPSTREAM },
    why: 'password is too weak: 41 bits, at least 60 needed',
  },
  'A session ends': { type: 'logged-out', connection: ENDED },
  'A connection is closed': { type: 'connection-closed', connection: ENDED, duration: 81_234 },
  'A connection is refused': ONE_REFUSAL,
  'Many logins fail': MANY_REFUSALS,
  'Many clients leave before they are let in': {
    type: 'refused',
    connection: {
      id: CONNECTION.id,
      address: '192.0.2.0',
      port: 0,
      outcome: 'abandoned',
      reason: 'client-left',
      bytesFromClient: 0,
      bytesFromUpstream: 0,
    },
    count: 15_000,
    from: NOON,
    to: NOON + 240_000,
    prefix: '192.0.2.0/24',
  },
  'A password is reset': {
    type: 'catalog-changed',
    actor: ACTOR,
    change: {
      entity: 'role',
      action: 'password-reset',
      project: 'shop',
      branch: 'br-main-1',
      name: 'app',
      loosens: true,
    },
  },
  'An allowlist is changed': {
    type: 'catalog-changed',
    actor: { kind: 'file' },
    whileDown: true,
    change: {
      entity: 'allowlist',
      action: 'changed',
      project: 'shop',
      branch: 'br-main-1',
      before: ['203.0.113.7'],
      after: ['203.0.113.0/24'],
      loosens: true,
    },
  },
  'The gateway starts': {
    type: 'started',
    configuration: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  },
  'The gateway reloads a file': {
    type: 'reloaded',
    what: 'catalog',
    problem: 'config/catalog.yaml:12:7: "branchs" is not a key here',
  },
  'The gateway stops': { type: 'stopped' },
  'The admin listener is called': {
    type: 'admin-call',
    method: 'DELETE',
    path: '/api/portcullis/v1/sessions',
    status: 200,
    caller: 'ops',
    address: '127.0.0.1',
  },
  'A torn last line is cut off': { type: 'recovered', segment: '0000000000000001', tornBytes: 412 },
  'Records are lost': {
    type: 'events-lost',
    count: 37,
    from: NOON,
    to: NOON + 5_000,
    reason: 'ENOSPC: no space left on device',
  },
  'Old segments are deleted': {
    type: 'trail-purged',
    segments: ['0000000000000001', '0000000000051234'],
    upTo: { sequence: 98_765, time: NOON - 30 * 86_400_000 },
    by: { kind: 'gateway' },
  },
  'Records are exported': {
    type: 'trail-exported',
    from: NOON - 86_400_000,
    to: NOON,
    records: 4321,
    by: ACTOR,
  },
};
