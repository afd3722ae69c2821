import { createServer } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { ConnectionClosed, Leg } from '../../src/legs/leg.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { anyBytes, chunksOf } from '../support/arbitraries.ts';
import { header, message } from '../support/frontend-messages.ts';
import { RawClient } from '../support/raw-client.ts';

/** A leg, and the other end of its stream. */
function aLeg(signal = new AbortController().signal): { leg: Leg; peer: Duplex } {
  const [ours, peer] = duplexPair();
  return { leg: new Leg(ours, signal), peer };
}

t.test('Reads give exactly the bytes asked for, however they were cut.', async (t) => {
  const streamAndCuts = anyBytes(60)
    .filter((bytes) => bytes.length > 0)
    .chain((bytes) => fc.tuple(fc.constant(bytes), chunksOf(bytes), fc.integer({ min: 1, max: 20 })));
  await fc.assert(
    fc.asyncProperty(streamAndCuts, async ([bytes, chunks, size]) => {
      const { leg, peer } = aLeg();
      const sent = (async () => {
        for (const chunk of chunks) {
          peer.write(chunk);
          await turn();
        }
      })();
      for (let at = 0; at < bytes.length; at += size) {
        const part = await leg.read(Math.min(size, bytes.length - at));
        if (!part.equals(bytes.subarray(at, at + size))) return false;
      }
      await sent;
      return leg.buffered === 0;
    }),
    { numRuns: 60 },
  );
  t.pass();
});

t.test('A read that has some of its bytes leaves the process to others until the rest comes.', async (t) => {
  const { leg, peer } = aLeg();
  peer.write(Buffer.from('ab'));
  const reading = leg.read(4);
  for (let turns = 0; turns < 5; turns += 1) await turn();
  peer.write(Buffer.from('cdef'));
  t.equal((await reading).toString(), 'abcd');
  t.equal((await leg.read(2)).toString(), 'ef');
});

t.test('Bytes put back are read again first.', async (t) => {
  const { leg, peer } = aLeg();
  peer.write(Buffer.from('abc'));
  leg.unread(await leg.read(2));
  t.equal((await leg.read(3)).toString(), 'abc');
});

t.test('A read ends where the peer closes before enough has come.', async (t) => {
  for (const sent of ['', 'abc']) {
    const { leg, peer } = aLeg();
    peer.end(sent);
    await t.rejects(leg.read(4), ConnectionClosed);
    t.ok(leg.peerLeft);
    await t.rejects(leg.read(1), ConnectionClosed);
  }
});

t.test('A read of a broken stream says what broke it.', async (t) => {
  const { leg } = aLeg();
  const reading = leg.read(1);
  leg.stream.destroy(new Error('reset'));
  await t.rejects(reading, { name: 'ConnectionClosed', cause: Error('reset') });
  t.ok(leg.closed);
  leg.write(Buffer.from('into the void'));
  await leg.farewell(Buffer.from('nobody listens'));
});

t.test('A read ends with the signal’s reason, before and while it waits.', async (t) => {
  const deadline = new AbortController();
  const { leg, peer } = aLeg(deadline.signal);
  peer.write(Buffer.from('a'));
  const reading = leg.read(2);
  await turn();
  deadline.abort(new Error('too late'));
  await t.rejects(reading, Error('too late'));
  await t.rejects(leg.read(1), Error('too late'));
  await t.rejects(leg.ended(), Error('too late'));
});

t.test('Reading leaves no listeners behind.', async (t) => {
  const deadline = new AbortController();
  const { leg, peer } = aLeg(deadline.signal);
  const count = (): number[] =>
    ['readable', 'end', 'close', 'error'].map((event) => leg.stream.listenerCount(event));
  const before = count();
  for (let reads = 0; reads < 30; reads += 1) {
    const reading = leg.read(2);
    peer.write(Buffer.of(1));
    await turn();
    peer.write(Buffer.of(2));
    await reading;
  }
  t.strictSame(count(), before);
});

t.test('Work elsewhere is waited for as long as a read would be.', async (t) => {
  const deadline = new AbortController();
  const { leg } = aLeg(deadline.signal);
  t.equal(await leg.unlessAborted(Promise.resolve(7)), 7);
  await t.rejects(leg.unlessAborted(Promise.reject(new Error('its own'))), Error('its own'));
  const waiting = leg.unlessAborted(new Promise(() => {}));
  deadline.abort(new Error('too late'));
  await t.rejects(waiting, Error('too late'));
  await t.rejects(leg.unlessAborted(new Promise(() => {})), Error('too late'));
});

t.test('A frame is read whole, up to the length allowed.', async (t) => {
  const { leg, peer } = aLeg();
  peer.write(Buffer.concat([message('p', 'hello'), message('X'), header('p', 11), header('p', 3)]));
  t.strictSame(await leg.readFrame(10), { type: 0x70, body: Buffer.from('hello') });
  t.strictSame(await leg.readFrame(10), { type: 0x58, body: Buffer.alloc(0) });
  await t.rejects(leg.readFrame(10), ProtocolViolation);
  await t.rejects(leg.readFrame(10), ProtocolViolation);
});

t.test('The peer’s close is waited for; a byte instead of it counts too.', async (t) => {
  const closing = aLeg();
  closing.peer.end();
  await closing.leg.ended();
  const talking = aLeg();
  talking.peer.write('?');
  await talking.leg.ended();
  t.pass();
});

/** A leg over loopback, where a close with unread input would be a reset. */
async function overLoopback(
  onLeg: (leg: Leg) => Promise<void>,
): Promise<{ client: RawClient; done: Promise<void> }> {
  const done = Promise.withResolvers<void>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    server.close();
    onLeg(new Leg(socket, new AbortController().signal)).then(done.resolve, done.reject);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { client: await RawClient.connect(port), done: done.promise };
}

t.test('Last words arrive although the peer has sent much that was not read.', async (t) => {
  const { client, done } = await overLoopback(async (leg) => {
    await leg.read(1);
    await leg.farewell(Buffer.from('goodbye'));
    t.ok(leg.closed);
  });
  client.send(Buffer.alloc(1_000_000));
  t.equal((await client.closed()).toString(), 'goodbye');
  t.equal(client.inbox.error, undefined);
  await done;
});

t.test('A peer that does not leave when told to is left, after a while.', async (t) => {
  const { client, done } = await overLoopback(async (leg) => {
    await leg.read(1);
    await leg.farewell(undefined, 30);
    t.ok(leg.closed);
  });
  client.send(Buffer.of(0));
  await done;
  client.destroy();
});
