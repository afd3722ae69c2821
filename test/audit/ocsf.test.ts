import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import t from 'tap';
import { formatAddress, parseAddress } from '../../src/allowlist/address.ts';
import { link, newChain } from '../../src/audit/chain.ts';
import type { AuditEvent, ConnectionFacts } from '../../src/audit/events.ts';
import { toOcsf } from '../../src/audit/ocsf.ts';
import { VERSION } from '../../src/audit/product.ts';
import { MAX_RECORD_LENGTH } from '../../src/audit/record-line.ts';
import { recordSize } from '../../src/audit/record-size.ts';
import type { Followed } from '../../src/sql/followed.ts';
import {
  A_STATEMENT,
  CONNECTION,
  EVENTS,
  MANY_REFUSALS,
  NOON,
  ONE_REFUSAL,
  UPSTREAM,
} from '../support/audit-events.ts';

const SCHEMAS = new URL('../../../shared/ocsf/', import.meta.url);
const CLASSES = new Map([
  [4001, 'network_activity'],
  [3002, 'authentication'],
  [6005, 'datastore_activity'],
  [3001, 'account_change'],
  [3004, 'entity_management'],
  [6002, 'application_lifecycle'],
  [6003, 'api_activity'],
  [1008, 'event_log_activity'],
]);
const UID = '0190a000-0000-7000-8000-000000000001';
const HEAD = newChain('5a0c9d5e-1111-4222-8333-444455556666', 'ab'.repeat(32));

/** The line as the trail has it, read back. */
function written(event: AuditEvent) {
  return JSON.parse(link(event, { time: NOON, uid: UID }, HEAD).line);
}

function validators(): Map<number, ValidateFunction> {
  // Making validators fast takes longer than they are used for.
  const ajv = new Ajv2020({ strict: false, validateSchema: false, code: { optimize: false } });
  return new Map(
    [...CLASSES].map(([uid, name]) => {
      const schema = JSON.parse(readFileSync(new URL(`${name}.schema.json`, SCHEMAS), 'utf8'));
      return [uid, ajv.compile(schema)];
    }),
  );
}

const schemas = existsSync(SCHEMAS) ? validators() : undefined;
const without = schemas === undefined && 'the schemas of OCSF 1.8.0 are not here';

/** What is wrong with a record by its class's schema. */
function problems(record: { class_uid: number }): unknown {
  const validate = schemas?.get(record.class_uid);
  if (validate === undefined) return 'there is no schema of this class';
  return validate(record) ? [] : validate.errors;
}

t.test('The version is that of package.json.', async (t) => {
  t.equal(JSON.parse(readFileSync('package.json', 'utf8')).version, VERSION);
});

t.test('Every event is valid by its class of OCSF 1.8.0.', { skip: without }, async (t) => {
  const classes = new Set<number>();
  for (const [title, event] of Object.entries(EVENTS)) {
    const record = written(event);
    t.strictSame(problems(record), [], title);
    classes.add(record.class_uid);
  }
  t.same(classes.size, CLASSES.size, 'each class is used');
});

/** Clients that leave and upstreams that fail are counted like refusals, and called what they are. */
function codeOf(event: AuditEvent): string {
  if (event.type !== 'refused') return event.type;
  if (event.connection.reason?.startsWith('upstream-') === true) return 'upstream-failed';
  return event.connection.outcome === 'abandoned' ? 'abandoned' : event.type;
}

t.test('Every event has what each record must have.', async (t) => {
  for (const [title, event] of Object.entries(EVENTS)) {
    const record = written(event);
    t.match(record, {
      time: NOON,
      metadata: {
        version: '1.8.0',
        uid: UID,
        sequence: 1,
        event_code: codeOf(event),
        log_name: 'portcullis-audit',
      },
      type_uid: record.class_uid * 100 + record.activity_id,
      type_name: `${record.class_name}: ${record.activity_name}`,
      status: record.status_id === 1 ? 'Success' : 'Failure',
    });
    t.match(record.severity, /^(Informational|Low|Medium|High)$/, title);
  }
});

t.test('A connection tells who came from where to what.', async (t) => {
  const record = written({
    type: 'connection-closed',
    connection: { ...CONNECTION, bytesFromClient: 7 },
    duration: 1.4,
  });
  t.match(record, {
    metadata: { correlation_uid: CONNECTION.id },
    src_endpoint: { ip: '203.0.113.7', port: 51234 },
    dst_endpoint: { ip: '198.51.100.2', port: 5432 },
    tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', sni: 'ep-main-1.db.example.com' },
    connection_info: { session: { uid: CONNECTION.id } },
    traffic: { bytes_out: 7, bytes_in: 0, bytes: 7 },
    duration: 1,
    unmapped: {
      portcullis: {
        project: 'shop',
        branch: 'br-main-1',
        endpoint: 'ep-main-1',
        role: 'app',
        database: 'orders',
        application_name: 'psql',
        mechanism: 'SCRAM-SHA-256-PLUS',
      },
    },
  });
});

t.test(
  'A failed login is an authentication that failed; other refusals are refused connections.',
  async (t) => {
    t.match(written(MANY_REFUSALS), {
      class_uid: 3002,
      activity_id: 1,
      status: 'Failure',
      status_code: 'password',
      count: 1200,
      user: { name: 'admin' },
      src_endpoint: { ip: '192.0.2.99' },
    });
    t.match(written(ONE_REFUSAL), {
      class_uid: 4001,
      activity_id: 5,
      action: 'Denied',
      status_code: 'address',
    });
  },
);

t.test(
  'A refusal is a failure by our doing; a client that leaves is a failure, but not by our doing.',
  async (t) => {
    const denied = { status: 'Failure', severity: 'Low', metadata: { profiles: ['security_control'] } };
    t.match(written(ONE_REFUSAL), { ...denied, disposition: 'Blocked', count: 1 });
    t.match(written(MANY_REFUSALS), { ...denied, disposition: 'Blocked' });
    for (const prefix of [undefined, '192.0.2.0/24']) {
      const left = { ...ONE_REFUSAL.connection, outcome: 'abandoned', reason: 'client-left' };
      const record = written({ ...ONE_REFUSAL, connection: left, prefix });
      t.match(record, {
        activity_name: 'Fail',
        status: 'Failure',
        severity: 'Informational',
        status_code: 'client-left',
      });
      t.equal(record.action, undefined);
      t.equal(record.metadata.profiles, undefined);
    }
  },
);

t.test('Many refusals claim no connection of their own.', async (t) => {
  const record = written({ ...MANY_REFUSALS, prefix: '2001:db8::/64' });
  t.equal(record.metadata.correlation_uid, undefined);
  t.equal(record.session, undefined);
  t.strictSame(record.src_endpoint, { name: '2001:db8::/64' });
  t.equal(record.unmapped.portcullis.prefix, '2001:db8::/64');
});

t.test('An upstream is told by address, by name or by its socket.', async (t) => {
  for (const [host, told] of Object.entries({
    '10.0.0.5': { ip: '10.0.0.5' },
    'db.internal': { hostname: 'db.internal' },
    '/run/postgresql': { name: '/run/postgresql' },
  })) {
    const upstream = { ...UPSTREAM, host };
    const { dst_endpoint } = written({ type: 'upstream-connected', connection: CONNECTION, upstream });
    t.strictSame(dst_endpoint, { ...told, port: 5432, svc_name: 'postgresql' });
  }
});

t.test(
  'A query of an admin call, which may hold a token, is left out; an odd method has no field.',
  async (t) => {
    const call = EVENTS['The admin listener is called'];
    if (call?.type !== 'admin-call') throw new Error('no event');
    const record = written({
      ...call,
      method: 'BREW',
      path: '/livez?token=hush',
      caller: undefined,
      status: 401,
    });
    t.notMatch(JSON.stringify(record), 'hush');
    t.match(record, { activity_id: 99, status: 'Failure', http_request: { url: { path: '/livez' } } });
    t.equal(record.http_request.http_method, undefined);
  },
);

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.constant('\ud800'.repeat(3)));
const maybe = fc.option(text, { nil: undefined });
/** As the gateway writes addresses: OCSF knows not every spelling. */
const address = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => {
  const parsed = parseAddress(text);
  return parsed === undefined ? '192.0.2.1' : formatAddress(parsed);
});
const connection = fc.record({
  id: text,
  address,
  port: fc.nat(65_535),
  via: maybe,
  vpcEndpoint: maybe,
  local: fc.option(fc.record({ address, port: fc.nat(65_535) }), { nil: undefined }),
  tls: fc.option(fc.record({ version: text, cipher: text, servername: maybe }), { nil: undefined }),
  certificate: fc.option(fc.record({ commonName: maybe, fingerprint: text }), { nil: undefined }),
  project: maybe,
  branch: maybe,
  endpoint: maybe,
  role: maybe,
  database: maybe,
  applicationName: maybe,
  mechanism: maybe,
  bytesFromClient: fc.maxSafeNat(),
  bytesFromUpstream: fc.nat(),
  outcome: maybe,
  reason: fc.option(fc.oneof(text, fc.constant('password')), { nil: undefined }),
  detail: maybe,
});
const upstream = fc.record({ host: text, port: fc.nat(65_535), role: text, database: maybe, pid: fc.nat() });

/** Every event that tells of a connection. */
const event: fc.Arbitrary<AuditEvent> = fc
  .record({ connection, upstream, count: fc.nat(), prefix: maybe, kind: fc.nat(7) })
  .map(
    ({ connection, upstream, count, prefix, kind }) =>
      eventsOf(connection, upstream, count, prefix)[kind] ?? { type: 'stopped' },
  );

function eventsOf(
  connection: ConnectionFacts,
  upstream: typeof UPSTREAM,
  count: number,
  prefix: string | undefined,
): AuditEvent[] {
  return [
    { type: 'connection-opened', connection },
    { type: 'logged-in', connection },
    { type: 'upstream-connected', connection, upstream },
    {
      type: 'refused',
      connection: { ...connection, upstream, reason: 'upstream-login' },
      count,
      from: NOON,
      to: NOON,
      prefix,
    },
    { type: 'canceled', connection },
    { type: 'logged-out', connection },
    { type: 'connection-closed', connection, duration: count / 3 },
    { type: 'refused', connection, count, from: NOON, to: NOON, prefix },
  ];
}

t.test(
  'Whatever a client sends, its record is valid, one line, bounded, and says what was cut.',
  async (t) => {
    fc.assert(
      fc.property(event, (event) => {
        const { line } = link(event, { time: NOON, uid: UID }, HEAD);
        const record = JSON.parse(line);
        const found = schemas === undefined ? [] : problems(record);
        if (JSON.stringify(found) !== '[]') throw new Error(JSON.stringify(found));
        if (/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(line)) throw new Error('an unprintable character');
        return Buffer.byteLength(line) < recordSize(event) && line.length < MAX_RECORD_LENGTH;
      }),
      { numRuns: 500 },
    );
    const long = { ...CONNECTION, applicationName: 'x'.repeat(257) };
    const record = written({ type: 'logged-in', connection: long });
    t.equal(record.metadata.is_truncated, true);
    t.equal(record.unmapped.portcullis.application_name, 'x'.repeat(256));
    t.equal(
      toOcsf({ type: 'logged-in', connection: CONNECTION }, { time: 1, uid: '', sequence: 1 }).metadata[
        'is_truncated'
      ],
      undefined,
    );
  },
);

t.test('A record stays below its bound, whatever its texts and lists.', async (t) => {
  const hostile = '\u202e\u0001"'.repeat(2000);
  const many = Array.from({ length: 2000 }, (_, n) => `${n} ${hostile}`);
  const change = {
    entity: 'policy',
    action: 'changed',
    project: hostile,
    branch: hostile,
    name: hostile,
  } as const;
  const lists = { before: many, after: many, added: many, removed: many, loosens: false };
  const facts = Object.fromEntries(Object.keys(CONNECTION).map((name) => [name, hostile]));
  const connection = { ...CONNECTION, ...facts, tls: CONNECTION.tls, local: CONNECTION.local, via: hostile };
  const text = {
    shown: hostile.slice(0, 4096),
    bytes: 1,
    isCut: false,
    isMasked: false,
    hidesParameters: false,
  };
  const statement = { ...A_STATEMENT, text, tags: many, parameters: many };
  const events: AuditEvent[] = [
    { type: 'statement', connection: { ...connection, upstream: UPSTREAM }, statement },
    { type: 'password-refused', connection, why: hostile },
    { type: 'catalog-changed', change: { ...change, ...lists }, actor: { kind: 'api', name: hostile } },
    { type: 'catalog-changed', change: { ...change, ...lists, entity: 'role' }, actor: { kind: 'file' } },
    { type: 'upstream-connected', connection, upstream: { ...UPSTREAM, role: hostile, database: hostile } },
    { type: 'trail-purged', segments: many, upTo: { sequence: 1, time: 1 }, by: { kind: 'gateway' } },
  ];
  for (const event of events) {
    const { line } = link(event, { time: NOON, uid: UID }, HEAD);
    t.ok(line.length < MAX_RECORD_LENGTH, `${event.type} ${line.length}`);
    t.equal(JSON.parse(line).metadata.is_truncated, true);
  }
});

t.test('A purge names 500 segments whole; a list that is too long is cut, and said to be.', async (t) => {
  const segments = Array.from({ length: 500 }, (_, n) => String(n).padStart(16, '0'));
  const purged = { type: 'trail-purged', upTo: { sequence: 1, time: 1 }, by: { kind: 'gateway' } } as const;
  const record = written({ ...purged, segments });
  t.strictSame(record.unmapped.portcullis.segments, segments);
  t.equal(record.metadata.is_truncated, undefined);
  const cut = written({ ...purged, segments: [...segments, ...segments] });
  t.equal(cut.metadata.is_truncated, true);
  t.equal(cut.count, 1000);
});

t.test('A duration that is none is left out.', async (t) => {
  const record = written({ type: 'connection-closed', connection: CONNECTION, duration: Number.NaN });
  t.equal(record.duration, undefined);
});

t.test(
  'A statement is told by what it did, with the beginning of its text and what became of it.',
  async (t) => {
    const told = (change: Partial<Followed>) =>
      written({ type: 'statement', connection: CONNECTION, statement: { ...A_STATEMENT, ...change } });
    t.match(told({}), {
      class_uid: 6005,
      activity_name: 'Write',
      status: 'Success',
      duration: 3,
      query_info: { query_string: A_STATEMENT.text?.shown, uid: UID },
      unmapped: { portcullis: { statement: { rows: 1, outcome: 'done', parameters: ['kim', '12.50'] } } },
    });
    const shown = 'x'.repeat(4096);
    const text = { shown, bytes: 5000, isCut: true, isMasked: false, hidesParameters: false, sha256: 'ab' };
    const cut = told({ text, tags: ['SELECT 1', 'DROP TABLE'] });
    t.match(cut, {
      activity_name: 'Query',
      metadata: { is_truncated: true },
      query_info: { query_string: shown },
    });
    t.match(cut.unmapped.portcullis.statement, { bytes: 5000, sha256: 'ab' });
    const discarded = told({ text: undefined, tags: [], outcome: 'discarded', rows: undefined });
    t.match(discarded, { status: 'Failure', status_code: 'discarded', query_info: { query_string: '' } });
    t.equal(discarded.unmapped.portcullis.statement.unknown, true);
    t.match(told({ outcome: 'failed', sqlstate: '42P01' }), { status: 'Failure', status_code: '42P01' });
  },
);
