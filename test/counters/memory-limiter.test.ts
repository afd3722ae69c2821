import { mock } from 'node:test';
import fc from 'fast-check';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import t from 'tap';
import { MemoryLimiter } from '../../src/counters/memory-limiter.ts';
import type { Count, Counter } from '../../src/throttle/ports.ts';

type Step =
  | { readonly does: 'penalty' | 'set'; readonly key: string; readonly points: number }
  | { readonly does: 'get' | 'delete'; readonly key: string }
  | { readonly does: 'wait'; readonly milliseconds: number };

const key = fc.constantFrom('a', 'b', 'c');
const points = fc.integer({ min: 1, max: 20 });

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constantFrom('penalty', 'set'), key, points }),
  fc.record({ does: fc.constantFrom('get', 'delete'), key }),
  fc.record({ does: fc.constant('wait'), milliseconds: fc.integer({ min: 1, max: 9000 }) }),
);

function told(count: Count | null): unknown {
  return count === null ? null : [count.consumedPoints, count.msBeforeNext];
}

/** What a limiter answers to a step; nothing while time passes. */
async function answer(limiter: Counter, step: Step): Promise<unknown> {
  switch (step.does) {
    case 'penalty':
      return told(await limiter.penalty(step.key, step.points));
    case 'set':
      return told(await limiter.set(step.key, step.points, 7));
    case 'get':
      return told(await limiter.get(step.key));
    case 'delete':
      return await limiter.delete(step.key);
    case 'wait':
      return undefined;
  }
}

t.test('Within its bounds it answers as the library’s own limiter in memory does.', async (t) => {
  // That one tells the time by Date and ends its keys by timers.
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 0 });
  t.teardown(() => mock.timers.reset());
  const property = fc.asyncProperty(fc.array(step), async (steps) => {
    const theirs = new RateLimiterMemory({ points: 0, duration: 5, keyPrefix: '' });
    const ours = new MemoryLimiter({ seconds: 5, now: () => Date.now(), maxKeys: 3, whenFull: 'evict' });
    for (const step of steps) {
      if (step.does === 'wait') mock.timers.tick(step.milliseconds);
      const [expected, found] = [await answer(theirs, step), await answer(ours, step)];
      if (JSON.stringify(found) !== JSON.stringify(expected)) return false;
    }
    return true;
  });
  await t.resolves(fc.assert(property));
});

t.test('It lists what has not ended, with the time left.', async (t) => {
  let now = 1000;
  const limiter = new MemoryLimiter({ seconds: 5, now: () => now, maxKeys: 10, whenFull: 'leave-out' });
  await limiter.set('short', 3, 1);
  await limiter.set('long', 4, 2.5);
  now += 1000;
  t.same(await limiter.list(), [{ key: 'long', consumedPoints: 4, msBeforeNext: 1500 }]);
});

t.test('It has no timer: a process that only waits for spans to end, ends.', async (t) => {
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const limiter = new MemoryLimiter({ seconds: 5, now: () => 0, maxKeys: 1000, whenFull: 'evict' });
  for (let n = 0; n < 100; n += 1) await limiter.penalty(`key ${n}`);
  t.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, before);
  t.equal((await limiter.list()).length, 100);
});
