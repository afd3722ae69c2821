import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import t from 'tap';
import { canonical } from '../../src/audit/canonical.ts';
import { type ChainHead, link, newChain } from '../../src/audit/chain.ts';
import { toOcsf } from '../../src/audit/ocsf.ts';
import { type ReadRecord, readRecord } from '../../src/audit/record-line.ts';
import { CONNECTION, EVENTS, NOON } from '../support/audit-events.ts';

const CHAIN = '5a0c9d5e-1111-4222-8333-444455556666';
const AUTHORITY = 'ab'.repeat(32);
const UID = '0190a000-0000-7000-8000-000000000001';

function written(count: number): { lines: string[]; head: ChainHead } {
  let head = newChain(CHAIN, AUTHORITY);
  const lines = Array.from({ length: count }, (_, index) => {
    const event = Object.values(EVENTS)[index % Object.keys(EVENTS).length] ?? { type: 'stopped' };
    const linked = link(event, { time: NOON, uid: `${UID.slice(0, -1)}${index % 10}` }, head);
    head = linked.head;
    return linked.line;
  });
  return { lines, head };
}

function read(line: string): ReadRecord {
  const record = readRecord(line);
  if ('problem' in record) throw new Error(record.problem);
  return record;
}

/** As a stranger would, by docs/audit.md alone. */
function strangersHash(line: string): string {
  const record = JSON.parse(line);
  delete record.unmapped.attestation.fingerprint;
  return createHash('sha256')
    .update(canonicalize(record) ?? '', 'utf8')
    .digest('hex');
}

t.test(
  'A line is its own canonical JSON, and carries the hash of itself without the fingerprint.',
  async (t) => {
    for (const line of written(20).lines) {
      t.equal(canonicalize(JSON.parse(line)), line);
      t.equal(strangersHash(line), read(line).fingerprint);
      t.notMatch(line, '\n');
    }
  },
);

t.test('Each record names the one before; the first names none.', async (t) => {
  const records = written(5).lines.map(read);
  t.strictSame(
    records.map(({ sequence }) => sequence),
    [1, 2, 3, 4, 5],
  );
  for (const [index, record] of records.entries()) {
    const before = records[index - 1];
    t.strictSame(record.previous, before && { uid: before.uid, fingerprint: before.fingerprint });
    t.match(record, { chain: CHAIN, authority: AUTHORITY, time: NOON });
  }
});

t.test('The head leads on from the last record.', async (t) => {
  const { lines, head } = written(3);
  const last = read(lines.at(-1) ?? '');
  t.strictSame(head, {
    chain: CHAIN,
    authority: AUTHORITY,
    sequence: 3,
    last: { uid: last.uid, fingerprint: last.fingerprint },
  });
});

t.test("A client's text can imitate neither an attestation nor a fingerprint.", async (t) => {
  const { lines } = written(2);
  const texts = [
    `"attestation":{"authority_uid":"${AUTHORITY}","chain_uid":"${CHAIN}"`,
    lines[1] ?? '',
    '","fingerprint":{"value":"',
    '\\","attestation":{"',
    '\\',
  ];
  for (const text of texts) {
    const connection = { ...CONNECTION, role: text, database: text, reason: text, applicationName: text };
    const { line } = link(
      { type: 'logged-in', connection },
      { time: NOON, uid: UID },
      newChain(CHAIN, AUTHORITY),
    );
    t.equal(strangersHash(line), read(line).fingerprint);
    t.equal(canonicalize(JSON.parse(line)), line);
  }
});

t.test('A line of which any character was changed is no record any more.', async (t) => {
  const { lines } = written(8);
  fc.assert(
    fc.property(
      fc.nat(7),
      fc.nat(),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      (which, at, other) => {
        const line = lines[which] ?? '';
        const index = at % line.length;
        fc.pre(line.charAt(index) !== other);
        return 'problem' in readRecord(line.slice(0, index) + other + line.slice(index + 1));
      },
    ),
    { numRuns: 1000 },
  );
  t.pass('1000 changes');
});

t.test('What is no record is told in a line that quotes nothing of it.', async (t) => {
  const [line = ''] = written(1).lines;
  const spaced = JSON.stringify(JSON.parse(line), null, 1);
  const cases: Record<string, RegExp> = {
    ['x'.repeat(70_000)]: /too long/,
    '': /not a JSON object/,
    '[1]': /not a JSON object/,
    '{"secret":1}': /no uid, sequence or attestation/,
    [line.replace('"sequence":1', '"sequence":-1')]: /no uid, sequence or attestation/,
    [line.replace('"sequence":1', '"sequence":1.5')]: /no uid, sequence or attestation/,
    [spaced]: /canonical form/,
    [line.replace('"time":', '"time":1')]: /does not fit its fingerprint/,
  };
  for (const [text, problem] of Object.entries(cases)) t.match(readRecord(text), { problem });
});

t.test('A predecessor that is not told whole is none.', async (t) => {
  const [, line = ''] = written(2).lines;
  const record = JSON.parse(line);
  record.unmapped.attestation.prev_event = { uid: 'x' };
  t.match(readRecord(JSON.stringify(record)), { problem: /no uid, sequence or attestation/ });
});

t.test('Whatever order its members stand in, a value has the text that RFC 8785 gives it.', async (t) => {
  const { jsonText } = fc.letrec((tie) => ({
    jsonText: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: 'binary' }),
      fc.double({ noDefaultInfinity: true, noNaN: true }),
      fc.constantFrom(true, false, null),
      fc.array(tie('jsonText'), { maxLength: 3 }),
      fc.dictionary(
        fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('1', '10', '2', 'é', '€', '😀')),
        tie('jsonText'),
      ),
    ),
  }));
  const sorted = (value: unknown): unknown => JSON.parse(canonicalize(value) ?? 'null');
  fc.assert(
    fc.property(fc.array(jsonText), (value) => {
      const [text, again] = [canonical(value), canonical([sorted(value)])];
      return text === canonicalize(value) && again === `[${text}]`;
    }),
    { numRuns: 500 },
  );
  t.equal(canonical({ a: undefined, b: [1, { c: undefined, d: 0 }] }), '{"b":[1,{"d":0}]}');
  t.equal(canonical({ b: 1, a: undefined }), '{"b":1}');
});

t.test(
  'A record about a connection is made in its canonical order, so that nothing has to be sorted.',
  async (t) => {
    const stamp = { time: NOON, uid: UID, sequence: 1 };
    for (const [name, event] of Object.entries(EVENTS)) {
      if (!('connection' in event)) continue;
      const record = toOcsf(event, stamp);
      t.equal(JSON.stringify(record), canonicalize(record), name);
    }
  },
);

t.test('What JSON cannot tell is refused.', async (t) => {
  t.throws(() => canonical(() => 1), /has no JSON/);
  t.throws(() => canonical({ a: Number.NaN }));
});
