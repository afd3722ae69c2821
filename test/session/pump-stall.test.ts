import { Duplex, duplexPair } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Pump } from '../../src/session/pump.ts';
import { upstreamLengths } from '../../src/wire/length-rules.ts';
import { message } from '../support/frontend-messages.ts';

/** In ms. */
const STALL = 40;
/** More than a pipe in memory holds. */
const MUCH = message('D', Buffer.alloc(200_000));

function bench() {
  const [source, from] = duplexPair();
  const [to, sink] = duplexPair();
  const told: string[] = [];
  const pump = new Pump(
    from,
    to,
    { lengths: upstreamLengths, stallTimeout: STALL },
    {
      moved: () => {},
      broken: () => told.push('broken'),
      drained: () => told.push('drained'),
      stalled: () => told.push('stalled'),
    },
  );
  pump.start();
  return { source, to, sink, told, pump };
}

t.test('A target that takes nothing of what waits for it has stalled; it is told once.', async (t) => {
  const { source, told, pump } = bench();
  source.write(MUCH);
  await pause(4 * STALL);
  t.strictSame(told, ['stalled']);
  pump.stop();
});

t.test('A target that takes everything has not, however long nothing comes.', async (t) => {
  const { source, sink, told, pump } = bench();
  sink.resume();
  source.write(MUCH);
  await pause(4 * STALL);
  t.strictSame(told, []);
  pump.stop();
});

t.test('Each time that all was taken, the time begins anew.', async (t) => {
  const { source, sink, told, pump } = bench();
  for (let times = 0; times < 3; times += 1) {
    source.write(MUCH);
    await pause(STALL / 4);
    sink.resume();
    await pause(STALL);
    sink.pause();
  }
  t.strictSame(told, []);
  pump.stop();
});

t.test('A target that does not take the last bytes has stalled as well.', async (t) => {
  const { source, told, pump } = bench();
  source.end(message('D', 'the last'));
  await pause(4 * STALL);
  t.strictSame(told, ['drained', 'stalled']);
  pump.stop();
});

t.test('A target that takes the end as well has not.', async (t) => {
  const { source, sink, told, pump } = bench();
  sink.resume();
  source.end(message('D', 'the last'));
  await pause(4 * STALL);
  t.strictSame(told, ['drained']);
  pump.stop();
});

t.test('A pump that was stopped waits for nobody.', async (t) => {
  const { source, told, pump } = bench();
  source.write(MUCH);
  await pause(STALL / 4);
  pump.stop();
  await pause(4 * STALL);
  t.strictSame(told, []);
});

t.test('Where we were asleep ourselves, what the target took meanwhile is heard first.', async (t) => {
  const [source, from] = duplexPair();
  // Takes it in good time, and is heard of by way of the event loop, as a socket is.
  const to = new Duplex({
    read: () => {},
    write: (_bytes, _encoding, done) => void setTimeout(() => setImmediate(done), STALL / 4),
  });
  const told: string[] = [];
  const say = (what: string) => (): void => void told.push(what);
  const owner = { moved: () => {}, broken: say('broken'), drained: say('drained'), stalled: say('stalled') };
  const pump = new Pump(from, to, { lengths: upstreamLengths, stallTimeout: STALL }, owner);
  pump.start();
  const drained = new Promise((resolve) => to.once('drain', resolve));
  source.write(MUCH);
  while (!to.writableNeedDrain) await new Promise(setImmediate);
  for (const since = performance.now(); performance.now() - since < 3 * STALL; );
  await drained;
  await pause(STALL / 2);
  t.strictSame(told, []);
  pump.stop();
});
