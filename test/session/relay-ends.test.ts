import t from 'tap';
import { draining } from '../../src/session/refusals.ts';
import { message } from '../support/frontend-messages.ts';
import { listen, RelayBench, settle } from '../support/relay-bench.ts';

const big = message('D', Buffer.alloc(60_000, 'x'));
const half = big.subarray(0, 30_000);
const reset = new Error('read ECONNRESET');

t.test('What the upstream said last reaches a slow client, although both have ended.', async (t) => {
  using bench = new RelayBench();
  bench.client.end(message('Q', 'select\0'));
  await settle();
  bench.upstream.end(big);
  await settle();
  t.notOk(bench.client.destroyed);
  const heard = listen(bench.client);
  await bench.done;
  t.equal(heard().length, big.length);
  t.match(bench.visit.record, { outcome: 'closed', reason: 'client-left', bytesFromUpstream: big.length });
});

t.test('An upstream that broke after its end is no failure.', async (t) => {
  using bench = new RelayBench();
  const heard = listen(bench.client);
  bench.upstream.end(message('E', 'FATAL'));
  await settle();
  bench.breakOff('upstream', reset);
  await settle();
  t.equal(heard(), message('E', 'FATAL').toString('latin1'));
  bench.client.end();
  await bench.done;
  t.match(bench.visit.record, { outcome: 'closed', reason: 'upstream-left' });
});

t.test('An upstream that breaks between frames is told of, in a frame it is not.', async (t) => {
  for (const [said, told] of [
    [big, true],
    [half, false],
  ] as const) {
    using bench = new RelayBench();
    const heard = listen(bench.client);
    bench.client.on('end', () => bench.client.end());
    bench.upstream.write(said);
    await settle();
    bench.breakOff('upstream', reset);
    await bench.done;
    bench[Symbol.dispose]();
    await settle();
    const rest = heard().slice(said.length);
    t.equal(/^E.*SFATAL\0VFATAL\0C08P01\0Mupstream connection was lost\0\0$/s.test(rest), told);
    t.equal(rest === '', !told);
    t.match(bench.visit.record, { outcome: 'failed', reason: 'upstream-protocol', detail: /ECONNRESET/ });
  }
});

t.test('A client that breaks off ends it at once.', async (t) => {
  using bench = new RelayBench();
  bench.breakOff('client', reset);
  await bench.done;
  t.match(bench.visit.record, { outcome: 'closed', reason: 'client-left', detail: 'read ECONNRESET' });
});

t.test(
  'A client that closed its side hears the rest; one that stays when told to leave is left.',
  async (t) => {
    using bench = new RelayBench();
    const heard = listen(bench.client);
    bench.client.end(message('X'));
    await settle();
    bench.upstream.write('late words');
    await settle();
    t.equal(heard(), 'late words');
    bench.upstream.end();
    await bench.done;
    t.match(bench.visit.record, { outcome: 'closed', reason: 'client-left' });
  },
);

t.test('A cut between frames says why, behind whole frames and at once.', async (t) => {
  using bench = new RelayBench();
  const heard = listen(bench.client);
  bench.client.on('end', () => bench.client.end());
  bench.client.write(message('Q', 'select big\0'));
  bench.upstream.write(big);
  await settle();
  bench.visit.cut(draining());
  bench.visit.cut(draining());
  bench.upstream.write(message('D', 'too late'));
  await bench.done;
  t.match(
    heard().slice(big.length),
    /^E.*C57P01\0Mterminating connection due to administrator command\0\0$/s,
  );
  t.match(bench.visit.record, { outcome: 'cut', reason: 'drain' });
  t.match(bench.journal.failedCancels, [{ message: 'no cancels here' }]);
});

t.test('A cut in a frame waits for its end, and passes no half of another.', async (t) => {
  using bench = new RelayBench();
  const heard = listen(bench.client);
  bench.client.on('end', () => bench.client.end());
  bench.upstream.write(half);
  await settle();
  bench.visit.cut(draining());
  bench.client.write(message('Q', 'unheard\0'));
  await settle();
  t.equal(heard().length, half.length);
  bench.upstream.write(big.subarray(half.length, 50_000));
  await settle();
  bench.upstream.write(Buffer.concat([big.subarray(50_000), half]));
  await bench.done;
  t.equal(heard().slice(0, big.length), big.toString('latin1'));
  t.match(heard().slice(big.length), /^E.{4}SFATAL/s);
  t.equal(bench.upstream.readableLength, 0, 'what the client said after the cut goes nowhere');
});

t.test(
  'A cut in a frame whose end does not come is a close, with half a frame and nothing behind it.',
  async (t) => {
    using bench = new RelayBench();
    const heard = listen(bench.client);
    bench.upstream.write(half);
    await settle();
    bench.visit.cut(draining());
    await bench.done;
    t.equal(heard().length, half.length);
    t.match(bench.visit.record, { outcome: 'cut', reason: 'drain' });
  },
);

t.test('A cut in a frame that the upstream never ends is a close too.', async (t) => {
  using bench = new RelayBench();
  const heard = listen(bench.client);
  bench.upstream.write(half);
  await settle();
  bench.visit.cut(draining());
  bench.upstream.end();
  await bench.done;
  t.equal(heard().length, half.length);
  t.match(bench.visit.record, { outcome: 'cut', reason: 'drain' });
});

t.test('A cut of a client that reads nothing ends all the same.', async (t) => {
  using bench = new RelayBench();
  for (let n = 0; n < 5; n += 1) bench.upstream.write(big);
  await settle();
  bench.visit.cut(draining());
  await bench.done;
  t.match(bench.visit.record, { outcome: 'cut', reason: 'drain' });
});

t.test('The cut of a session whose client leaves meanwhile is still a cut.', async (t) => {
  using bench = new RelayBench();
  bench.visit.cut(draining());
  bench.breakOff('client', reset);
  bench.breakOff('upstream', reset);
  await bench.done;
  t.match(bench.visit.record, { outcome: 'cut', reason: 'drain' });
});
