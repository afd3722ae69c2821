import fc from 'fast-check';
import t from 'tap';
import { BoundedTable } from '../../src/counters/bounded-table.ts';

t.test('Points add up until the span of the first ends.', async (t) => {
  const table = new BoundedTable({ maxKeys: 4, whenFull: 'evict' });
  t.same(table.add('a', 1, 100, 0), { points: 1, until: 100 });
  t.same(table.add('a', 2, 190, 90), { points: 3, until: 100 });
  t.same(table.get('a', 99), { points: 3, until: 100 });
  t.equal(table.get('a', 100), undefined);
  t.same(table.add('a', 1, 200, 100), { points: 1, until: 200 });
  t.ok(table.delete('a', 100));
  t.notOk(table.delete('a', 100));
});

t.test('A table is over once the last of its keys has ended, or was taken away.', async (t) => {
  const table = new BoundedTable({ maxKeys: 1, whenFull: 'leave-out' });
  t.ok(table.isOver(0));
  table.set('a', { points: 1, until: 100 }, 0);
  table.set('no room', { points: 1, until: 200 }, 0);
  t.notOk(table.isOver(99));
  t.ok(table.isOver(100));
  table.set('a', { points: 1, until: 300 }, 100);
  t.notOk(table.isOver(200));
  table.delete('a', 200);
  t.ok(table.isOver(200));
});

t.test('A million keys take the room of a thousand.', async (t) => {
  for (const whenFull of ['evict', 'leave-out'] as const) {
    const table = new BoundedTable({ maxKeys: 1000, whenFull });
    for (let n = 0; n < 1_000_000; n += 1) table.add(`key ${n}`, 1, 1_000_000, n % 1000);
    t.equal(table.size, 1000, whenFull);
  }
});

t.test('Whatever happens there are no more keys than may be, and every one counts right.', async (t) => {
  const step = fc.record({
    key: fc.nat(40).map(String),
    points: fc.integer({ min: 1, max: 9 }),
    span: fc.integer({ min: 1, max: 20 }),
    pause: fc.nat(3),
    remove: fc.boolean(),
  });
  const property = fc.property(fc.array(step), fc.constantFrom('evict', 'leave-out'), (steps, whenFull) => {
    const table = new BoundedTable({ maxKeys: 16, whenFull });
    let now = 0;
    for (const { key, points, span, pause, remove } of steps) {
      now += pause;
      const before = table.get(key, now)?.points ?? 0;
      if (table.add(key, points, now + span, now).points !== before + points) return false;
      if (table.size > 16) return false;
      if (remove) table.delete(key, now);
    }
    return [...table.live(now)].every(([, { until }]) => until > now);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }));
});

t.test('A key with many points stays in a flood of keys with few.', async (t) => {
  const table = new BoundedTable({ maxKeys: 100, whenFull: 'evict' });
  table.add('many', 5, 1000, 0);
  for (let n = 0; n < 10_000; n += 1) table.add(`few ${n}`, 1 + (n % 3), 1000, 0);
  t.same(table.get('many', 0), { points: 5, until: 1000 });
});

t.test(
  'A table that leaves out keeps all that it has, and takes new keys once old ones have ended.',
  async (t) => {
    const table = new BoundedTable({ maxKeys: 100, whenFull: 'leave-out' });
    for (let n = 0; n < 10_000; n += 1) table.set(`key ${n}`, { points: 1, until: 1000 + n }, 0);
    t.same(
      Array.from(table.live(0), ([key]) => key),
      Array.from({ length: 100 }, (_, n) => `key ${n}`),
    );
    for (let n = 0; n < 100; n += 1) table.set(`new ${n}`, { points: 1, until: 3000 }, 2000);
    t.equal([...table.live(2000)].length, 100);
  },
);

t.test('What has ended goes as new keys come, before the table is full.', async (t) => {
  const table = new BoundedTable({ maxKeys: 10_000, whenFull: 'evict' });
  for (let n = 0; n < 5000; n += 1) table.add(`old ${n}`, 1, 10, 0);
  for (let n = 0; n < 1000; n += 1) table.add(`new ${n}`, 1, 100, 50);
  t.equal(table.size, 1000);
});
