import t from 'tap';
import { shouldRest } from '../../src/workers/evenness.ts';

t.test('A worker with many more connections than its share rests until it has no more.', async (t) => {
  const of = (connections: number, workers = 2) => ({ connections, workers });
  t.notOk(shouldRest(26, of(40), false));
  t.ok(shouldRest(27, of(40), false));
  t.ok(shouldRest(21, of(40), true), 'not back and forth');
  t.notOk(shouldRest(20, of(40), true));
});

t.test('The only worker never rests, and a few connections are no reason.', async (t) => {
  t.notOk(shouldRest(100, { connections: 100, workers: 1 }, false));
  t.notOk(shouldRest(100, { connections: 100, workers: 1 }, true));
  t.notOk(shouldRest(4, { connections: 4, workers: 2 }, false));
});
