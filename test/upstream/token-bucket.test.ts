import fc from 'fast-check';
import t from 'tap';
import { TokenBucket } from '../../src/upstream/token-bucket.ts';

t.test('A bucket lets a burst through, and then so many a second.', async (t) => {
  const bucket = new TokenBucket(2, 3, 0);
  const taken = [0, 0, 0, 0, 499, 500, 500, 1000, 60_000, 60_000, 60_000, 60_000].map((now) =>
    bucket.take(now),
  );
  t.strictSame(taken, [true, true, true, false, false, true, false, true, true, true, true, false]);
});

t.test('A clock that goes back gives nothing.', async (t) => {
  const bucket = new TokenBucket(1, 1, 5000);
  t.ok(bucket.take(5000));
  t.notOk(bucket.take(0));
});

t.test('However it is asked, no more goes through than the burst and the rate allow.', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 500 }), { maxLength: 200 }), (waits) => {
      const bucket = new TokenBucket(5, 4, 0);
      let now = 0;
      let through = 0;
      for (const wait of waits) {
        now += wait;
        if (bucket.take(now)) through += 1;
      }
      return through <= 4 + (now / 1000) * 5 + 1e-6;
    }),
  );
  t.pass();
});
