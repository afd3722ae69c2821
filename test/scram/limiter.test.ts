import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { atMost } from '../../src/scram/limiter.ts';

t.test('No more than the limit are under way, and the others follow in order.', async (t) => {
  const run = atMost(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const task = (number: number) => async () => {
    started.push(number);
    running += 1;
    most = Math.max(most, running);
    await setImmediate();
    running -= 1;
    return number;
  };
  const results = await Promise.all([1, 2, 3, 4, 5].map((number) => run(task(number))));
  t.same(results, [1, 2, 3, 4, 5]);
  t.same(started, [1, 2, 3, 4, 5]);
  t.equal(most, 2);
});

t.test('A task that fails gives its place to the next.', async (t) => {
  const run = atMost(1);
  const failing = run(async () => {
    await setImmediate();
    throw new Error('this one only');
  });
  const next = run(async () => 'done');
  await t.rejects(failing, { message: 'this one only' });
  t.equal(await next, 'done');
  t.equal(await run(async () => 'and later'), 'and later');
});
