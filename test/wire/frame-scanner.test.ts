import { deepEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import { serialize } from 'pg-protocol';
import t from 'tap';
import { FRONTEND, serializeFrame } from '../../src/wire/frame.ts';
import { FrameScanner } from '../../src/wire/frame-scanner.ts';
import { clientLengths, upstreamLengths } from '../../src/wire/length-rules.ts';
import { MAX_LARGE_FRAME_LENGTH } from '../../src/wire/limits.ts';
import { anyBytes, chunksOf, cutAt, hostileBytes } from '../support/arbitraries.ts';
import { framesIn } from '../support/pg-protocol.ts';
import { header, naive, scanAll } from './scans.ts';

const frames = fc.array(
  fc.tuple(fc.nat({ max: 255 }), anyBytes(40)).map(([type, body]) => serializeFrame(type, body)),
  { maxLength: 12 },
);

t.test('Frames cut at arbitrary places end where they end in one piece.', async (t) => {
  const streams = frames.chain((list) => chunksOf(Buffer.concat(list)));
  fc.assert(
    fc.property(streams, (chunks) => {
      deepEqual(scanAll(chunks, upstreamLengths), naive(chunks, upstreamLengths));
    }),
    { numRuns: 500 },
  );
  t.pass('every stream agreed with the naive reading');
});

t.test('A header that is not allowed is found wherever the stream is cut.', async (t) => {
  const streams = fc
    .tuple(frames, hostileBytes(40))
    .chain(([list, rest]) => chunksOf(Buffer.concat([...list, rest])));
  for (const rule of [upstreamLengths, clientLengths, (type: number) => type !== 0x21] as const) {
    fc.assert(
      fc.property(streams, (chunks) => {
        deepEqual(scanAll(chunks, rule), naive(chunks, rule));
      }),
      { numRuns: 300 },
    );
  }
  t.pass('every stream agreed with the naive reading');
});

t.test('A conversation of every frontend message is followed through a cut at every byte.', async (t) => {
  const stream = Buffer.concat([
    serialize.query('select 1'),
    serialize.parse({ name: 's', text: 'select $1', types: [23] }),
    serialize.bind({ statement: 's', values: ['1'] }),
    serialize.describe({ type: 'P' }),
    serialize.execute(),
    serialize.sync(),
    serialize.flush(),
    serialize.copyData(Buffer.alloc(64)),
    serialize.copyDone(),
    serialize.copyFail('no'),
    serialize.close({ type: 'S', name: 's' }),
    serialize.end(),
  ]);
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const chunks = cutAt(stream, [cut]);
    deepEqual(scanAll(chunks, clientLengths), naive(chunks, clientLengths), `cut at ${cut}`);
  }
  t.equal(framesIn(stream).length, 12, 'all of it is frames');
});

t.test('A byte at a time, each frame ends with its last byte and nowhere else.', async (t) => {
  const list = [0, 1, 5, 300].map((length) => serializeFrame(FRONTEND.copyData, Buffer.alloc(length, 0x64)));
  const ends = new Set<number>();
  let total = 0;
  for (const frame of list) {
    total += frame.length;
    ends.add(total);
  }

  const scanner = new FrameScanner(upstreamLengths);
  Buffer.concat(list).forEach((byte, index) => {
    const ended = ends.has(index + 1);
    equal(scanner.scan(Buffer.of(byte)), ended ? 1 : 0, `byte ${index}`);
    equal(scanner.atBoundary, ended, `byte ${index}`);
  });
  t.ok(scanner.atBoundary);
});

t.test('10,000 frames in one chunk end with the chunk.', async (t) => {
  const one = serializeFrame(FRONTEND.copyData, Buffer.from('a row'));
  const chunk = Buffer.concat(Array.from({ length: 10_000 }, () => one));
  const scanner = new FrameScanner(clientLengths);
  t.equal(scanner.scan(chunk), chunk.length);
  t.equal(scanner.scan(chunk.subarray(0, -1)), chunk.length - one.length);
  t.notOk(scanner.atBoundary);
});

t.test('Empty chunks change nothing.', async (t) => {
  const scanner = new FrameScanner(upstreamLengths);
  const none = Buffer.alloc(0);
  t.equal(scanner.scan(none), 0);
  t.ok(scanner.atBoundary);
  for (const part of [Buffer.from('d\0'), Buffer.of(0, 0, 6), Buffer.of(1)]) {
    t.equal(scanner.scan(part), 0);
    t.equal(scanner.scan(none), 0);
    t.notOk(scanner.atBoundary);
  }
  t.equal(scanner.scan(Buffer.of(2)), 1);
});

/** Never written to, so the system gives it no memory: a gigabyte of these costs nothing. */
const ZEROS = Buffer.alloc(64 * 1024 * 1024);

t.test('A body of 1 GiB is counted down without being kept.', async (t) => {
  const scanner = new FrameScanner(clientLengths);
  t.equal(scanner.scan(header(FRONTEND.copyData, MAX_LARGE_FRAME_LENGTH)), 0);
  let left = MAX_LARGE_FRAME_LENGTH - 4;
  while (left > ZEROS.length) {
    t.equal(scanner.scan(ZEROS), 0);
    t.notOk(scanner.atBoundary);
    left -= ZEROS.length;
  }
  t.equal(scanner.scan(ZEROS.subarray(0, left - 1)), 0);
  t.notOk(scanner.atBoundary);
  t.equal(scanner.scan(Buffer.concat([Buffer.of(0), serialize.sync()])), 1 + serialize.sync().length);
  t.ok(scanner.atBoundary);
});

t.test('A stream of more than 4 GiB stays in step, as one body after another.', async (t) => {
  const scanner = new FrameScanner(upstreamLengths);
  let passed = 0;
  for (let i = 0; i < 70; i += 1) {
    scanner.scan(header(FRONTEND.copyData, ZEROS.length + 4));
    equal(scanner.scan(ZEROS), ZEROS.length);
    passed += ZEROS.length;
  }
  t.ok(passed > 2 ** 32);
  t.ok(scanner.atBoundary);
  t.equal(scanner.scan(header(0x5a, 3)), -1, 'the header behind it is read as a header');
});

t.test('Bodies as long as an Int32 can say, three in a row, stay in step.', async (t) => {
  const scanner = new FrameScanner(upstreamLengths);
  for (let i = 0; i < 3; i += 1) {
    scanner.scan(header(FRONTEND.copyData, 0x7fff_ffff));
    let left = 0x7fff_ffff - 4;
    for (; left > ZEROS.length; left -= ZEROS.length) equal(scanner.scan(ZEROS), 0);
    equal(scanner.scan(ZEROS.subarray(0, left)), left);
  }
  t.ok(scanner.atBoundary);
});

t.test('Lengths 0 to 3, negative ones and 0xFFFFFFFF are refused, whole or byte by byte.', async (t) => {
  for (const length of [0, 1, 2, 3, -1, -4, -(2 ** 31), 0xffff_ffff, 0x8000_0000]) {
    const bad = header(FRONTEND.query, length);
    t.equal(new FrameScanner(upstreamLengths).scan(bad), -1, `${length} in one piece`);
    const steps = scanAll(cutAt(bad, [1, 2, 3, 4]), upstreamLengths);
    t.same(
      steps.map((step) => step.boundary),
      [0, 0, 0, 0, -1],
      `${length} byte by byte`,
    );
  }
  t.equal(new FrameScanner(upstreamLengths).scan(header(FRONTEND.query, 4)), 5, '4 is the least');
});

t.test('After a refusal every chunk is refused, however well-formed.', async (t) => {
  const scanner = new FrameScanner(clientLengths);
  t.equal(scanner.scan(Buffer.concat([serialize.sync(), header(FRONTEND.query, 0)])), -1);
  t.equal(scanner.scan(serialize.sync()), -1);
  t.equal(scanner.scan(Buffer.alloc(0)), -1);
});

t.test('A refusal behind half a frame that was passed on does not look like a boundary.', async (t) => {
  const row = serializeFrame(FRONTEND.copyData, Buffer.alloc(20));
  const scanner = new FrameScanner(upstreamLengths);
  t.equal(scanner.scan(row.subarray(0, 12)), 0);
  t.equal(scanner.scan(Buffer.concat([row.subarray(12), header(0x45, 3)])), -1);
  t.notOk(scanner.atBoundary, 'an error of ours would land inside the row');

  const between = new FrameScanner(upstreamLengths);
  between.scan(row);
  t.equal(between.scan(header(0x45, 3)), -1);
  t.ok(between.atBoundary, 'the last chunk passed on ended a frame');
});

t.test('Where the next frame begins is told from the end of the last chunk.', async (t) => {
  const row = serializeFrame(FRONTEND.copyData, Buffer.alloc(20));
  const scanner = new FrameScanner(upstreamLengths);
  t.equal(scanner.next, 0);
  const places: readonly (readonly [end: number, next: number])[] = [
    [2, -2],
    [4, -4],
    [5, 20],
    [12, 13],
    [25, 0],
  ];
  let at = 0;
  for (const [end, next] of places) {
    scanner.scan(row.subarray(at, end));
    t.equal(scanner.next, next, `behind ${end} bytes`);
    at = end;
  }
});
