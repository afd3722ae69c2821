import fc from 'fast-check';
import t from 'tap';
import { formatAddress, parseAddress } from '../../src/allowlist/address.ts';
import { link } from '../../src/audit/chain.ts';
import type { AuditEvent, ConnectionFacts } from '../../src/audit/events.ts';
import { toOcsf } from '../../src/audit/ocsf.ts';
import { MAX_RECORD_LENGTH } from '../../src/audit/record-line.ts';
import { recordSize } from '../../src/audit/record-size.ts';
import { A_STATEMENT, CONNECTION, NOON, UPSTREAM } from '../support/audit-events.ts';
import { HEAD, problems, schemas, UID, written } from './ocsf-schemas.ts';

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
