import { readFileSync } from 'node:fs';
import t from 'tap';
import type { AuditEvent } from '../../src/audit/events.ts';
import { VERSION } from '../../src/audit/product.ts';
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
import { CLASSES, problems, UID, without, written } from './ocsf-schemas.ts';

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
