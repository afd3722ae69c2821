import t from 'tap';
import { readRecord } from '../../src/audit/record-line.ts';
import { readRecords } from '../../src/trail/reader.ts';
import type { Trail } from '../../src/trail/trail.ts';
import { DIR, linesOf, login, openTrail, RING } from './a-trail.ts';
import { MemoryFiles } from './memory-files.ts';

/** A trail of 12 records in several segments, the older ones encrypted. */
async function longTrail(): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  const trail = await openTrail(files, { segmentBytes: 3000, keys: RING });
  for (let n = 0; n < 6; n += 1) await trail.commit([login(`a${n}`), login(`b${n}`)]);
  await tidied(trail);
  await trail.close();
  return files;
}

async function tidied(trail: Trail): Promise<void> {
  await trail.purge(0, { kind: 'gateway' });
}

t.test('Records are read in order across segments, encrypted ones too.', async (t) => {
  const files = await longTrail();
  const lines = await linesOf(DIR, { files, keys: RING });
  t.same(
    lines.map(({ sequence }) => sequence),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  );
  t.ok(new Set(lines.map(({ segment }) => segment)).size > 2);
  t.ok((await files.list(DIR)).some((name) => name.endsWith('.enc')));
  for (const { line, sequence } of lines) t.match(readRecord(line), { sequence });
});

t.test('Reading begins at a sequence.', async (t) => {
  const files = await longTrail();
  for (const from of [1, 2, 7, 12]) {
    const [first] = await linesOf(DIR, { files, keys: RING, from });
    t.equal(first?.sequence, from);
  }
  t.same(await linesOf(DIR, { files, keys: RING, from: 13 }), []);
});

t.test('Without the key, each encrypted segment is a problem, and the rest is read.', async (t) => {
  const files = await longTrail();
  const lines = await linesOf(DIR, { files });
  t.match(lines[0], {
    sequence: 0,
    fault: 'unread',
    problem: /encrypted with key k1, which the key file lacks/,
  });
  t.equal(lines.at(-1)?.sequence, 12);
});

t.test(
  'Lines that are too long, no records, or without an end are told as such, in bounded memory.',
  async (t) => {
    const files = new MemoryFiles();
    await files.makeDir(DIR);
    const long = `{"sequence":1,"uid":"${'x'.repeat(300_000)}"}`;
    files.put(
      `${DIR}/0000000000000001.jsonl`,
      `${long}\nnonsense\n{"sequence":3,"uid":"c"}\n{"sequence":4,"ui`,
    );
    t.match(await linesOf(DIR, { files }), [
      { sequence: 0, line: long.slice(0, 256), lineNumber: 1, problem: /longer than 65536 bytes/ },
      { sequence: 0, line: 'nonsense', lineNumber: 2, problem: /not a record/ },
      { sequence: 3, lineNumber: 3, problem: undefined },
      { sequence: 0, lineNumber: 4, fault: 'torn', problem: /no end/ },
    ]);
  },
);

t.test('Text of a client cannot pass for a sequence.', async (t) => {
  const files = new MemoryFiles();
  const trail = await openTrail(files);
  await trail.commit([login('x","sequence":77,"uid":"'), login('\\","sequence":77,"uid":"y\n')]);
  await trail.close();
  t.same(
    (await linesOf(DIR, { files })).map(({ sequence }) => sequence),
    [1, 2],
  );
});

t.test('Nothing is read where nothing is, and reading stops with its signal.', async (t) => {
  const files = new MemoryFiles();
  t.same(await linesOf(DIR, { files }), []);
  const aborted = readRecords(DIR, { files: await longTrail(), keys: RING, signal: AbortSignal.abort() });
  await t.rejects(aborted.next(), { name: 'AbortError' });
});
