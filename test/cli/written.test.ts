import { Writable } from 'node:stream';
import t, { type Test } from 'tap';
import { written } from '../../src/cli/written.ts';

/** A standard output whose reader takes a piece when it is told to. */
class Slow extends Writable {
  readonly taken: string[] = [];
  #next: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 10, decodeStrings: false });
  }

  override _write(chunk: unknown, _encoding: string, done: () => void): void {
    this.taken.push(String(chunk));
    this.#next = done;
  }

  take(): void {
    this.#next?.();
  }
}

function standIn(t: Test): Slow {
  const real = process.stdout;
  const slow = new Slow();
  slow.on('error', () => {});
  Object.defineProperty(process, 'stdout', { value: slow, configurable: true });
  t.teardown(() => {
    Object.defineProperty(process, 'stdout', { value: real, configurable: true });
  });
  return slow;
}

t.test('It waits for a slow reader, and goes on when there is room.', async (t) => {
  const slow = standIn(t);
  t.equal(await written('short'), true);
  let over = false;
  const long = written('much longer than there is room').then((goesOn) => {
    over = true;
    return goesOn;
  });
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(over, false);
  slow.take();
  slow.take();
  t.equal(await long, true);
  t.equal(slow.listenerCount('drain'), 0);
});

t.test('A reader that leaves ends the wait, and nothing more is written.', async (t) => {
  const slow = standIn(t);
  const long = written('much longer than there is room');
  slow.destroy(new Error('EPIPE'));
  t.equal(await long, false);
  t.equal(await written('more'), false);
  t.same(slow.taken, ['much longer than there is room']);
});
