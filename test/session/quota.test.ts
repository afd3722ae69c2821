import fc from 'fast-check';
import t from 'tap';
import { Quota } from '../../src/session/quota.ts';

/** One claim: how to leave again, or undefined where the key is full. */
function enter(quota: Quota, key: string, limit: number | undefined): (() => void) | undefined {
  const taken = quota.take([{ key, limit }]);
  return 'leave' in taken ? taken.leave : undefined;
}

t.test('A key lets in as many as its bound says, and one more for each that leaves.', async (t) => {
  const quota = new Quota();
  const first = enter(quota, 'a', 2);
  t.type(enter(quota, 'a', 2), 'function');
  t.equal(enter(quota, 'a', 2), undefined);
  t.type(enter(quota, 'b', 1), 'function', 'keys are counted apart');
  first?.();
  t.type(enter(quota, 'a', 2), 'function');
  t.equal(enter(quota, 'a', 2), undefined);
});

t.test(
  'Without a bound, everyone is let in and counted; a bound that comes later counts them too.',
  async (t) => {
    const quota = new Quota();
    for (let n = 0; n < 100; n += 1) t.type(enter(quota, 'a', undefined), 'function');
    t.equal(quota.count('a'), 100);
    t.equal(enter(quota, 'a', 100), undefined);
    t.type(enter(quota, 'a', 101), 'function');
  },
);

t.test('Whoever comes and goes, the count is of those who are there.', async (t) => {
  const move = fc.record({
    key: fc.constantFrom('a', 'b'),
    limit: fc.option(fc.nat(4)),
    leaves: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(move), (moves) => {
      const quota = new Quota();
      const there: Record<string, (() => void)[]> = { a: [], b: [] };
      for (const { key, limit, leaves } of moves) {
        const those = there[key] ?? [];
        const leave = leaves ? those.pop() : undefined;
        if (leave !== undefined) {
          leave();
        } else {
          const isFull = limit !== null && those.length >= limit;
          const entered = enter(quota, key, limit ?? undefined);
          if (isFull !== (entered === undefined)) return false;
          if (entered !== undefined) those.push(entered);
        }
        if (quota.count(key) !== those.length) return false;
      }
      return true;
    }),
  );
  t.pass('any comings and goings');
});

t.test(
  'Whoever comes is told whether there is room, and whether there is none depends on who asks.',
  async (t) => {
    const quota = new Quota();
    const take = (room: number | undefined) => {
      const taken = quota.take([{ key: 'a', limit: 3, room }]);
      return 'full' in taken ? 'full' : taken.crowded;
    };
    t.strictSame([take(1), take(1), take(undefined), take(1)], [[false], [true], [false], 'full']);
  },
);

t.test('Of several claims all are taken, or none.', async (t) => {
  const quota = new Quota();
  const claims = [
    { key: 'branch', limit: undefined },
    { key: 'role', limit: 1 },
  ];
  const taken = quota.take(claims);
  t.match(taken, { crowded: [false, false] });
  t.strictSame(quota.take(claims), { full: 1 });
  t.equal(quota.count('branch'), 1);
  if ('leave' in taken) taken.leave();
  t.strictSame([quota.count('branch'), quota.count('role')], [0, 0]);
});
