import { Duplex, duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { Pump, type PumpRules } from '../../src/session/pump.ts';
import { upstreamLengths } from '../../src/wire/length-rules.ts';
import { message } from '../support/frontend-messages.ts';

/** A target that remembers what it was given at a time, and takes it when the test says so. */
class Target extends Duplex {
  readonly given: Buffer[][] = [];
  #taken: (() => void)[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this._writev([{ chunk }], done);
  }

  override _writev(all: { chunk: Buffer }[], done: () => void): void {
    this.given.push(all.map(({ chunk }) => chunk));
    this.#taken.push(done);
  }

  accept(): void {
    for (const done of this.#taken.splice(0)) done();
  }

  get lengths(): number[][] {
    return this.given.map((chunks) => chunks.map(({ length }) => length));
  }
}

function bench(rules: Partial<PumpRules>) {
  const [source, from] = duplexPair();
  const to = new Target();
  const pump = new Pump(
    from,
    to,
    { lengths: upstreamLengths, stallTimeout: 60_000, ...rules },
    { moved: () => {}, broken: () => {}, drained: () => {}, stalled: () => {} },
  );
  pump.start();
  /** As when a socket is read: all within one turn of the event loop. */
  const come = (...chunks: readonly Buffer[]): void => {
    for (const chunk of chunks) from.emit('data', chunk);
  };
  return { pump, to, come, source };
}

const record = message('d', Buffer.alloc(8000));
const small = message('d', Buffer.alloc(100));

t.test('Large chunks that come together go on together, in their order.', async (t) => {
  const { to, come, pump } = bench({ gathers: true });
  come(record, small, record);
  t.same(to.lengths, [], 'not yet');
  await turn();
  t.same(to.lengths, [[record.length, small.length, record.length]]);
  to.accept();
  come(small);
  t.equal(to.given.length, 2, 'a small one that comes alone waits for nothing');
  pump.stop();
});

t.test('No more is gathered than a stream holds, and a pump that stops keeps nothing back.', async (t) => {
  const { to, come, pump } = bench({ gathers: true });
  come(...Array<Buffer>(8).fill(record));
  t.same(to.lengths, [Array<number>(7).fill(record.length)]);
  to.accept();
  await turn();
  t.same(to.lengths.at(1), [record.length]);
  to.accept();
  come(record);
  pump.stop();
  t.same(to.lengths.at(2), [record.length], 'at once');
});

t.test('What was gathered goes on before the end does.', async (t) => {
  const { to, come, source, pump } = bench({ gathers: true });
  source.end();
  come(record);
  for (let turns = 0; turns < 5 && !pump.ended; turns += 1) await turn();
  t.ok(pump.ended);
  t.same(to.lengths, [[record.length]]);
  t.ok(to.writableEnded);
  to.accept();
});

t.test(
  'A large chunk is spent once the target has taken it; what did not go on as it came never is.',
  async (t) => {
    const spent: Buffer[] = [];
    const { to, come, pump } = bench({ spent: (chunk) => spent.push(chunk) });
    come(record, small);
    t.same(spent, []);
    to.accept();
    await turn();
    t.same(spent.length, 1);
    t.equal(spent[0], record, 'a small one costs more to give back than to collect');
    to.accept();
    pump.stopAtBoundary(() => {});
    t.equal(spent.length, 1);
  },
);
