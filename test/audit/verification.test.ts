import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { type Checkpoint, readCheckpoint } from '../../src/audit/checkpoint.ts';
import type { Finding } from '../../src/audit/findings.ts';
import { ChainVerifier, type Summary } from '../../src/audit/verification.ts';
import { EVENTS } from '../support/audit-events.ts';
import { forged, KEYS, linesOf, type WrittenSegment, writeTrail } from '../support/audit-trail.ts';

interface Options {
  readonly anchors?: readonly Checkpoint[];
  readonly tornRecord?: boolean;
  readonly tornCheckpoint?: boolean;
}

async function verify(
  segments: readonly WrittenSegment[],
  { anchors = [], tornRecord = false, tornCheckpoint = false }: Options = {},
): Promise<{ findings: readonly Finding[]; summary: Summary }> {
  const verifier = new ChainVerifier({ publicKeys: [KEYS.publicKey], anchors });
  for (const [index, { name, records, checkpoints }] of segments.entries()) {
    const isLast = index === segments.length - 1;
    await verifier.segment({
      name,
      records: records && linesOf(records, tornRecord && isLast),
      checkpoints: checkpoints && linesOf(checkpoints, tornCheckpoint && isLast),
    });
  }
  return { findings: verifier.end(), summary: verifier.summary };
}

/** @param at from the end, from 0. */
function checkpointAt(segments: readonly WrittenSegment[], at: number): Checkpoint {
  const line = segments.flatMap(({ checkpoints = [] }) => checkpoints).at(-1 - at) ?? '';
  const read = readCheckpoint(line, KEYS.publicKey);
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

const PURGED = EVENTS['Old segments are deleted'];
const TRAIL = writeTrail({ segments: [7, 5, 6], every: 3 });
const [FIRST, SECOND, THIRD] = TRAIL;

t.test('An untouched trail gives no finding, and is counted.', async (t) => {
  const { findings, summary } = await verify(TRAIL);
  t.strictSame(findings, []);
  t.strictSame(summary, {
    segments: 3,
    records: 18,
    checkpoints: 7,
    last: 18,
    unsigned: 0,
    torn: undefined,
    more: 0,
  });
});

t.test('A trail without anything gives no finding.', async (t) => {
  const { findings, summary } = await verify([]);
  t.strictSame(findings, []);
  t.equal(summary.last, 0);
});

t.test('A segment whose checkpoints are not written yet is followed by its chain.', async (t) => {
  if (THIRD === undefined || FIRST === undefined || SECOND === undefined) throw new Error('no trail');
  const { findings, summary } = await verify([FIRST, SECOND, { ...THIRD, checkpoints: undefined }]);
  t.strictSame(findings, []);
  t.equal(summary.unsigned, 6);
});

t.test('A torn last line is told as one, and is no finding.', async (t) => {
  const torn = TRAIL.map((segment) =>
    segment === THIRD ? { ...segment, records: [...(segment.records ?? []), '{"activity'] } : segment,
  );
  const { findings, summary } = await verify(torn, { tornRecord: true });
  t.strictSame(findings, []);
  t.match(summary.torn, { segment: THIRD?.name, file: 'records', line: 7 });
});

t.test('A torn last checkpoint is told as one, and is no finding.', async (t) => {
  const torn = TRAIL.map((segment) =>
    segment === THIRD ? { ...segment, checkpoints: [...(segment.checkpoints ?? []), '{"chain'] } : segment,
  );
  const { findings, summary } = await verify(torn, { tornCheckpoint: true });
  t.strictSame(findings, []);
  t.match(summary.torn, { segment: THIRD?.name, file: 'checkpoints', line: 3 });
});

t.test('A torn line that is not the last of all is a finding.', async (t) => {
  const verifier = new ChainVerifier({ publicKeys: [KEYS.publicKey] });
  for (const { name, records = [], checkpoints = [] } of TRAIL) {
    const lines = name === FIRST?.name ? [...records, '{"'] : records;
    await verifier.segment({
      name,
      records: linesOf(lines, name === FIRST?.name),
      checkpoints: linesOf(checkpoints),
    });
  }
  t.match(verifier.end(), [{ segment: FIRST?.name, line: 8, what: 'the line was not written to its end' }]);
});

t.test(
  'A tail that was cut off with its checkpoints is found by an anchor, and by nothing else.',
  async (t) => {
    const anchor = checkpointAt(TRAIL, 0);
    const cut = TRAIL.map((segment) =>
      segment === THIRD
        ? { ...segment, records: segment.records?.slice(0, 3), checkpoints: segment.checkpoints?.slice(0, 1) }
        : segment,
    );
    t.strictSame((await verify(cut)).findings, []);
    t.match((await verify(cut, { anchors: [anchor] })).findings, [
      { segment: anchor.segment, sequence: 18, what: 'the trail ends before record 18 of the anchor' },
    ]);
    t.match((await verify([], { anchors: [anchor] })).findings, [{ sequence: 18 }]);
  },
);

t.test('An anchor that fits gives no finding, wherever it is.', async (t) => {
  for (let at = 0; at < 7; at += 1) {
    t.strictSame((await verify(TRAIL, { anchors: [checkpointAt(TRAIL, at)] })).findings, []);
  }
});

t.test('A trail that somebody with the key wrote anew is found by an anchor.', async (t) => {
  const anchors = [checkpointAt(TRAIL, 2)];
  const event = EVENTS['The gateway stops'];
  if (event === undefined) throw new Error('no event');
  const anew = writeTrail({ segments: [7, 5, 6], every: 3, events: new Map([[2, event]]) });
  t.strictSame((await verify(anew)).findings, []);
  t.match((await verify(anew, { anchors })).findings, [{ what: /is not the one of the anchor/ }]);
  const other = writeTrail({ segments: [20], every: 3, chain: '00000000-1111-4222-8333-444455556666' });
  t.match((await verify(other, { anchors })).findings, [{ what: /the anchor is of another chain/ }]);
});

t.test('Segments that retention deleted are known by their checkpoints and by its record.', async (t) => {
  if (PURGED?.type !== 'trail-purged') throw new Error('no event');
  const purge = { ...PURGED, upTo: { sequence: 12, time: 0 } };
  const trail = writeTrail({ segments: [7, 5, 6], every: 3, events: new Map([[15, purge]]) });
  const kept = trail.map((segment, index) => (index < 2 ? { ...segment, records: undefined } : segment));
  t.strictSame((await verify(kept)).findings, []);
  const deleted = checkpointAt(trail, 5);
  t.strictSame((await verify(kept, { anchors: [deleted] })).findings, []);
  t.match((await verify(kept, { anchors: [{ ...deleted, fingerprint: 'ab'.repeat(32) }] })).findings, [
    { sequence: deleted.sequence, what: /of the anchor is not in its place/ },
  ]);
  const untold = TRAIL.map((segment, index) => (index < 2 ? { ...segment, records: undefined } : segment));
  t.match((await verify(untold)).findings, [
    { segment: FIRST?.name, line: 0, what: /no record tells that they were deleted/ },
    { segment: SECOND?.name, line: 0 },
  ]);
  const middle = trail.map((segment, index) => (index === 1 ? { ...segment, records: undefined } : segment));
  t.match((await verify(middle)).findings, [
    { segment: SECOND?.name, line: 0, what: 'its records are missing' },
  ]);
});

t.test('A trail that is signed with another key is found.', async (t) => {
  const other = writeTrail({ segments: [2], every: 1, keys: generateKeyPairSync('ed25519') });
  const { findings } = await verify(other);
  t.match(findings, [
    { file: 'checkpoints', what: /another key/ },
    { file: 'checkpoints' },
    { file: 'records', what: /another chain/ },
    { file: 'records' },
  ]);
});

t.test('Findings are bounded; those that are not listed are counted.', async (t) => {
  const lines = Array.from({ length: 1500 }, () => 'x');
  const { findings, summary } = await verify([
    { name: '0000000000000001', records: lines, checkpoints: undefined },
  ]);
  t.equal(findings.length, 1000);
  t.equal(summary.more, 500);
});

t.test('A first record that names one before it is found, and a later one that names none.', async (t) => {
  const [first = '', second = ''] = FIRST?.records ?? [];
  const named = forged(first, (text) =>
    withPrevious(text, { uid: 'x', fingerprint: { value: 'ab'.repeat(32) } }),
  );
  const segment = { name: FIRST?.name ?? '', checkpoints: undefined };
  const what = 'only the first record of a chain names none before it';
  t.match((await verify([{ ...segment, records: [named] }])).findings, [{ line: 1, sequence: 1, what }]);
  const unnamed = forged(second, (text) => withPrevious(text, undefined));
  t.match((await verify([{ ...segment, records: [first, unnamed] }])).findings, [
    { line: 2, sequence: 2, what },
  ]);
});

function withPrevious(text: string, previous: unknown): string {
  const record = JSON.parse(text);
  record.unmapped.attestation.prev_event = previous;
  return JSON.stringify(record);
}

t.test('A record of an anchor that is gone is found as that, too.', async (t) => {
  const anchor = checkpointAt(TRAIL, 0);
  const cut = TRAIL.map((segment) =>
    segment === FIRST ? { ...segment, records: segment.records?.toSpliced(2, 1) } : segment,
  );
  const third = { ...anchor, sequence: 3 };
  const { findings } = await verify(cut, { anchors: [third] });
  t.match(findings.at(-1), { line: 0, sequence: 3, what: 'record 3 of the anchor is not in its place' });
});

t.test('A segment of which nothing is left that could be read is found by its neighbours.', async (t) => {
  const trail = TRAIL.map((segment) =>
    segment === FIRST ? { ...segment, records: undefined, checkpoints: ['x'] } : segment,
  );
  const { findings } = await verify(trail);
  t.match(findings[0], { segment: FIRST?.name, file: 'checkpoints', line: 1 });
  t.match(findings[1], {
    segment: SECOND?.name,
    file: 'records',
    line: 1,
    what: 'records 1 to 7 are missing before it',
  });
});

t.test('Records behind the end that was signed are found.', async (t) => {
  const trail = writeTrail({ segments: [4, 3], every: 4 });
  const [one, two] = trail;
  if (one === undefined || two === undefined) throw new Error('no trail');
  const joined = { ...one, records: [...(one.records ?? []), ...(two.records ?? [])] };
  t.match((await verify([joined])).findings, [
    { segment: one.name, line: 5, what: 'the segment was closed before this record' },
    { line: 6 },
    { line: 7 },
  ]);
});

t.test('A trail without a key to check it is not believed.', async (t) => {
  const verifier = new ChainVerifier({ publicKeys: [] });
  const { name = '', records = [], checkpoints = [] } = FIRST ?? {};
  await verifier.segment({ name, records: linesOf(records), checkpoints: linesOf(checkpoints) });
  t.match(verifier.end()[0], { file: 'checkpoints', line: 1, what: 'there is no key to check it with' });
});

t.test('Any of several keys may have signed.', async (t) => {
  const verifier = new ChainVerifier({
    publicKeys: [generateKeyPairSync('ed25519').publicKey, KEYS.publicKey],
  });
  const { name = '', records = [], checkpoints = [] } = FIRST ?? {};
  await verifier.segment({ name, records: linesOf(records), checkpoints: linesOf(checkpoints) });
  t.strictSame(verifier.end(), []);
});
