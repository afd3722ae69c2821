import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { FRONTEND, serializeFrame } from '../../src/wire/frame.ts';
import { FrameScanner } from '../../src/wire/frame-scanner.ts';
import { clientLengths, upstreamLengths } from '../../src/wire/length-rules.ts';
import { chunksOf, hostileBytes } from '../support/arbitraries.ts';
import { header, naive, scanAll } from './scans.ts';

/** Few types and short bodies, so that runs are long; the hostile bytes behind them may go on with one. */
const runs = fc.array(
  fc
    .tuple(fc.constantFrom(0x44, 0x64, 0x5a), fc.nat({ max: 6 }), fc.nat({ max: 9 }))
    .map(([type, size, times]) =>
      Buffer.concat(Array<Buffer>(times).fill(serializeFrame(type, Buffer.alloc(size, 0x44)))),
    ),
  { maxLength: 6 },
);

t.test(
  'Runs of frames are stepped over as if each were looked at, wherever the stream is cut.',
  async (t) => {
    const streams = fc
      .tuple(runs, fc.option(hostileBytes(40)), fc.constantFrom(0x44, 0x64))
      .chain(([list, rest, type]) =>
        chunksOf(Buffer.concat([...list, ...(rest === null ? [] : [Buffer.of(type), rest])])),
      );
    for (const rule of [upstreamLengths, clientLengths] as const) {
      fc.assert(
        fc.property(streams, (chunks) => {
          deepEqual(scanAll(chunks, rule, [0x44, 0x64]), naive(chunks, rule));
        }),
        { numRuns: 500 },
      );
    }
    t.pass('every stream agreed with the naive reading');
  },
);

t.test(
  'Of a run the rule is asked about the first frame in a chunk, and about all that is not whole.',
  async (t) => {
    const asked: [letter: string, start: number][] = [];
    const scanner = new FrameScanner(
      (type, _, start) => {
        asked.push([String.fromCharCode(type), start]);
        return true;
      },
      [FRONTEND.copyData],
    );
    const row = serializeFrame(FRONTEND.copyData, Buffer.from('a row'));
    const other = serializeFrame(0x5a, Buffer.from('I'));
    const scan = (...parts: readonly Buffer[]) => {
      asked.length = 0;
      scanner.scan(Buffer.concat(parts));
      return asked;
    };
    t.same(scan(row, row, row, other, other, row, row), [
      ['d', 0],
      ['Z', 30],
      ['Z', 36],
      ['d', 42],
    ]);
    t.same(scan(row, row, row.subarray(0, 7)), [
      ['d', 0],
      ['d', 20],
    ]);
    t.same(
      scan(row.subarray(7), row, row.subarray(0, 2)),
      [['d', 3]],
      'what an earlier chunk began is no part of one',
    );
    t.same(scan(row.subarray(2), row), [
      ['d', -2],
      ['d', 8],
    ]);
  },
);

t.test('A length under 4 within a run is refused as anywhere else.', async (t) => {
  const row = serializeFrame(FRONTEND.copyData, Buffer.from('a row'));
  for (const length of [0, 3, -1, -(2 ** 31)]) {
    const scanner = new FrameScanner(clientLengths, [FRONTEND.copyData]);
    t.equal(scanner.scan(Buffer.concat([row, row, header(FRONTEND.copyData, length), row])), -1, `${length}`);
  }
});
