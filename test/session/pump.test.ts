import { duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { Pump } from '../../src/session/pump.ts';
import { clientLengths, upstreamLengths } from '../../src/wire/length-rules.ts';
import { chunksOf } from '../support/arbitraries.ts';
import { header, message } from '../support/frontend-messages.ts';

/** A pump between two pipes: what is written to `source` is to come out of `sink`. */
class Bench {
  readonly told: string[] = [];
  moved = 0;
  readonly #pipes = [duplexPair(), duplexPair()] as const;
  readonly source = this.#pipes[0][0];
  readonly from = this.#pipes[0][1];
  readonly to = this.#pipes[1][0];
  readonly sink = this.#pipes[1][1];
  readonly pump: Pump;
  #out: Buffer[] = [];

  constructor(lengths = upstreamLengths, stallTimeout = 60_000) {
    this.pump = new Pump(
      this.from,
      this.to,
      { lengths, stallTimeout },
      {
        moved: (bytes) => {
          this.moved += bytes;
        },
        broken: () => this.told.push('broken'),
        drained: () => this.told.push('drained'),
        stalled: () => this.told.push('stalled'),
      },
    );
    this.pump.start();
  }

  read(): this {
    this.sink.on('data', (chunk: Buffer) => this.#out.push(chunk));
    this.sink.on('end', () => this.told.push('end'));
    return this;
  }

  get out(): Buffer {
    return Buffer.concat(this.#out);
  }

  async feed(chunks: readonly Buffer[]): Promise<void> {
    for (const chunk of chunks) {
      this.source.write(chunk);
      await turn();
    }
    for (let turns = 0; turns < 5; turns += 1) await turn();
  }
}

const frames = fc
  .array(fc.tuple(fc.constantFrom('D', 'd', 'Z', '\0'), fc.nat({ max: 40 })), { maxLength: 12 })
  .map((all) => all.map(([letter, size]) => message(letter, Buffer.alloc(size, letter))));

t.test('Bytes come out as they went in, wherever they are cut, and are counted.', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      frames.chain((all) => chunksOf(Buffer.concat(all))),
      async (chunks) => {
        const bench = new Bench().read();
        await bench.feed(chunks);
        const all = Buffer.concat(chunks);
        bench.source.end();
        await bench.feed([]);
        t.strictSame(bench.told, ['drained', 'end']);
        return (
          bench.out.equals(all) && bench.moved === all.length && bench.pump.atBoundary && bench.pump.ended
        );
      },
    ),
    { numRuns: 60 },
  );
});

t.test('A pump told to stop does so behind a whole frame, and passes nothing more.', async (t) => {
  const stream = frames.chain((all) => {
    const bytes = Buffer.concat(all);
    return fc.tuple(fc.constant(all), chunksOf(bytes), fc.nat({ max: 13 }));
  });
  await fc.assert(
    fc.asyncProperty(stream, async ([all, chunks, when]) => {
      const bench = new Bench().read();
      await bench.feed(chunks.slice(0, when));
      let stops = 0;
      bench.pump.stopAtBoundary(() => (stops += 1));
      const passed = bench.out.length;
      await bench.feed(chunks.slice(when));
      const boundaries = new Set(all.map((_, n) => Buffer.concat(all.slice(0, n)).length));
      boundaries.add(Buffer.concat(all).length);
      t.ok(boundaries.has(bench.out.length));
      t.equal(stops, 1);
      // No further than the end of the chunk in which the frame ended.
      t.ok(boundaries.has(passed) ? bench.out.length === passed : bench.out.length > passed);
      return Buffer.concat(chunks).subarray(0, bench.out.length).equals(bench.out);
    }),
    { numRuns: 60 },
  );
});

t.test('A header that breaks the rule ends it, and nothing of its chunk goes on.', async (t) => {
  const cases: readonly (readonly [before: Buffer, bad: Buffer])[] = [
    [message('Q', 'ok\0'), header('Q', 3)],
    [message('Q', 'ok\0'), header('Q', -1)],
    [message('Q', 'ok\0'), header('S', 10_001)],
    [Buffer.alloc(0), header('Q', 0x7fff_ffff)],
    [header('Q', -1).subarray(0, 3), Buffer.alloc(9, 0xff)],
  ];
  for (const [before, bad] of cases) {
    const bench = new Bench(clientLengths).read();
    await bench.feed([before, bad, message('Q', 'never\0')]);
    t.strictSame(bench.told, ['broken']);
    t.strictSame(bench.out, before);
    bench.source.end();
    await bench.feed([]);
    t.strictSame(bench.told, ['broken'], 'whoever reads next gets what comes');
  }
});

t.test('Ten thousand frames in one chunk are one write.', async (t) => {
  const bench = new Bench().read();
  const all = Buffer.concat(Array.from({ length: 10_000 }, () => message('D', 'x')));
  await bench.feed([all]);
  t.ok(bench.out.equals(all));
});

t.test('A target that takes nothing holds the source up, and lets it go on afterwards.', async (t) => {
  const bench = new Bench();
  const frame = message('D', Buffer.alloc(10_000));
  await bench.feed(Array.from({ length: 60 }, () => frame));
  const limit = bench.to.writableHighWaterMark + frame.length;
  t.ok(bench.to.writableLength <= limit, `${bench.to.writableLength} wait to be written`);
  t.ok(bench.from.readableLength <= bench.from.readableHighWaterMark + frame.length);
  t.ok(bench.source.writableLength > 0, 'the rest stays where it came from');
  bench.read();
  for (let turns = 0; turns < 500 && bench.out.length < 60 * frame.length; turns += 1) await turn();
  t.equal(bench.out.length, 60 * frame.length);
});

t.test('A pump that has stopped leaves no listeners behind.', async (t) => {
  const bench = new Bench();
  bench.pump.stop();
  bench.pump.stop();
  for (const event of ['data', 'end']) t.equal(bench.from.listenerCount(event), 0, event);
  t.equal(bench.to.listenerCount('drain'), 0);
  bench.source.write('unheard');
  await turn();
  t.equal(bench.moved, 0);
});
