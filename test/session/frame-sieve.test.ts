import fc from 'fast-check';
import t from 'tap';
import { FrameSieve, type Instead, type SieveRules } from '../../src/session/frame-sieve.ts';
import { FrameScanner } from '../../src/wire/frame-scanner.ts';
import { chunksOf } from '../support/arbitraries.ts';
import { message } from '../support/frontend-messages.ts';

const letter = (type: number): string => String.fromCharCode(type);

/** `W` is looked at as a whole, and `B` where its body begins with `!` becomes upper case, later; `P` in parts. */
class Bench {
  readonly seen: string[] = [];
  readonly out: Instead[] = [];
  readonly sieve: FrameSieve;
  readonly #scanner: FrameScanner;

  constructor(rules: Partial<SieveRules> = {}) {
    this.sieve = new FrameSieve({
      types: [...Buffer.from('WP')],
      mayInterest: () => true,
      interest: (type, length) => {
        if (letter(type) === 'P') return 'parts';
        return letter(type) === 'W' && length <= 20 ? 'whole' : 'none';
      },
      whole: (bytes, start, end) => {
        const frame = bytes.subarray(start, end);
        this.seen.push(frame.toString('latin1', 5));
        if (frame.toString('latin1', 5, 6) !== '!') return undefined;
        return async () => message('W', frame.toString('latin1', 5).toUpperCase());
      },
      part: (part, isFirst) => {
        this.seen.push(isFirst ? 'first' : 'more');
        return part;
      },
      ...rules,
    });
    this.#scanner = new FrameScanner(this.sieve.following(() => true));
  }

  feed(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      this.#scanner.scan(chunk);
      const out = this.sieve.take(chunk, this.#scanner.next);
      this.out.push(...(Buffer.isBuffer(out) ? [out] : out));
    }
  }

  async passed(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (const each of this.out) parts.push(typeof each === 'function' ? await each() : each);
    return Buffer.concat(parts);
  }
}

const frames = fc.array(
  fc
    .tuple(fc.constantFrom('W', 'W', 'P', 'D', 'S'), fc.constantFrom('!', '.'), fc.nat({ max: 30 }))
    .map(([type, first, size]) => ({ type, body: size === 0 ? '' : first + 'x'.repeat(size) })),
  { maxLength: 8 },
);

t.test(
  'Bytes keep their order however the stream is cut, and every frame of interest is seen whole, once.',
  async (t) => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        frames.chain((all) => {
          const bytes = Buffer.concat(all.map(({ type, body }) => message(type, body)));
          return fc.tuple(fc.constant(all), chunksOf(bytes));
        }),
        async ([all, chunks]) => {
          const bench = new Bench();
          bench.feed(chunks);
          const whole = all.filter(({ type, body }) => type === 'W' && body.length + 4 <= 20);
          t.strictSame(
            bench.seen.filter((each) => each !== 'first' && each !== 'more'),
            whole.map(({ body }) => body),
          );
          t.equal(
            bench.seen.filter((each) => each === 'first').length,
            all.filter(({ type }) => type === 'P').length,
          );
          const expected = all.map((each) =>
            message(
              each.type,
              whole.includes(each) && each.body.startsWith('!') ? each.body.toUpperCase() : each.body,
            ),
          );
          t.ok((await bench.passed()).equals(Buffer.concat(expected)));
          t.notOk(bench.sieve.holding);
          runs += 1;
        },
      ),
      { numRuns: 300 },
    );
    t.equal(runs, 300);
  },
);

t.test('A chunk without any of interest goes on as it is.', async (t) => {
  const bench = new Bench();
  const chunk = Buffer.concat([message('D', 'x'), message('S'), message('D', 'y').subarray(0, 3)]);
  bench.feed([chunk]);
  t.equal(bench.out[0], chunk);
});

t.test('The beginning of a frame of interest is held back, its header too, and nothing else.', async (t) => {
  const bench = new Bench();
  const [before, frame] = [message('D', 'x'), message('W', 'abc')];
  bench.feed([Buffer.concat([before, frame.subarray(0, 1)])]);
  t.ok(bench.sieve.holding);
  t.strictSame(await bench.passed(), before);
  bench.feed([frame.subarray(1, 7)]);
  t.strictSame(await bench.passed(), before);
  bench.feed([frame.subarray(7)]);
  t.notOk(bench.sieve.holding);
  t.strictSame(await bench.passed(), Buffer.concat([before, frame]));
});

t.test(
  'A frame that became of interest only when its header had begun to go on passes unseen.',
  async (t) => {
    let interested = false;
    const bench = new Bench({
      mayInterest: () => interested,
      interest: () => (interested ? 'whole' : 'none'),
    });
    const frame = message('W', '!abc');
    bench.feed([frame.subarray(0, 2)]);
    interested = true;
    bench.feed([frame.subarray(2), frame]);
    t.strictSame(bench.seen, ['!abc']);
    t.strictSame(await bench.passed(), Buffer.concat([frame, message('W', '!ABC')]));
  },
);
