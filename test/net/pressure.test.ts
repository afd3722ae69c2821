import t from 'tap';
import { OVERLOAD_MS, Pressure, type Ticker } from '../../src/net/pressure.ts';

/** Time as the test tells it. */
class Clock implements Ticker {
  #now = 0;
  #tick = (): void => {};
  #ms = 0;
  stopped = false;

  readonly now = (): number => this.#now;

  readonly every = (ms: number, tick: () => void): (() => void) => {
    this.#ms = ms;
    this.#tick = tick;
    return () => {
      this.stopped = true;
    };
  };

  /** The next tick comes so much too late, in ms. */
  late(ms: number): void {
    this.#now += this.#ms + ms;
    this.#tick();
  }
}

t.test('An event loop that is late again and again is overloaded, until it is not.', async (t) => {
  const clock = new Clock();
  const pressure = new Pressure(clock);
  t.notOk(pressure.overloaded);
  clock.late(OVERLOAD_MS + 1);
  t.equal(pressure.delay, OVERLOAD_MS + 1);
  t.notOk(pressure.overloaded, 'one hiccup is none');
  clock.late(OVERLOAD_MS + 1);
  t.ok(pressure.overloaded);
  clock.late(30_000);
  t.ok(pressure.overloaded);
  clock.late(3);
  t.notOk(pressure.overloaded);
  t.equal(pressure.delay, 3);
});

t.test('Lateness does not add up, and hiccups apart are no overload.', async (t) => {
  const clock = new Clock();
  const pressure = new Pressure(clock);
  for (let looks = 0; looks < 50; looks += 1) {
    clock.late(OVERLOAD_MS);
    t.notOk(pressure.overloaded);
  }
  for (let looks = 0; looks < 10; looks += 1) {
    clock.late(OVERLOAD_MS + 1);
    clock.late(0);
    t.notOk(pressure.overloaded);
  }
});

t.test('A tick that comes early is not late.', async (t) => {
  const clock = new Clock();
  const pressure = new Pressure(clock);
  clock.late(-1);
  t.equal(pressure.delay, 0);
  pressure.close();
  t.ok(clock.stopped);
});

t.test('The process’s own event loop is watched, and is not kept alive by it.', async (t) => {
  const before = process.getActiveResourcesInfo().length;
  const pressure = new Pressure();
  t.equal(process.getActiveResourcesInfo().length, before, 'an interval that is not waited for');
  const end = performance.now() + 600;
  while (performance.now() < end);
  await new Promise((resolve) => setTimeout(resolve, 1));
  t.ok(pressure.delay > 100, `${pressure.delay} ms`);
  t.notOk(pressure.overloaded);
  pressure.close();
});
