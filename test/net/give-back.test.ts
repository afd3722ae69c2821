import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { giveBack } from '../../src/net/give-back.ts';
import { Pump } from '../../src/session/pump.ts';
import { upstreamLengths } from '../../src/wire/length-rules.ts';
import { message } from '../support/frontend-messages.ts';

t.test('A chunk that has its memory for itself is empty afterwards.', async (t) => {
  const chunk = Buffer.from(new ArrayBuffer(64));
  giveBack(chunk);
  t.equal(chunk.length, 0);
});

t.test('A chunk that shares its memory keeps it.', async (t) => {
  const all = Buffer.from(new ArrayBuffer(64)).fill('x');
  giveBack(all.subarray(1));
  giveBack(all.subarray(0, 63));
  const shared = Buffer.from(new SharedArrayBuffer(64));
  giveBack(shared);
  const pooled = Buffer.from('from the pool');
  giveBack(pooled);
  t.equal(all.toString(), 'x'.repeat(64));
  t.equal(shared.length, 64);
  t.equal(pooled.toString(), 'from the pool');
});

/** The two ends of a connection over TCP. */
async function pair(t: Test): Promise<[Socket, Socket]> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const near = connect(port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  t.teardown(() => {
    for (const end of [near, far]) end.destroy();
    server.close();
  });
  return [near, far];
}

t.test('What a pump passes between sockets arrives as it was, however slowly it is taken.', async (t) => {
  const [source, from] = await pair(t);
  const [to, sink] = await pair(t);
  let given = 0;
  const pump = new Pump(
    from,
    to,
    {
      lengths: upstreamLengths,
      stallTimeout: 60_000,
      spent: (chunk) => {
        given += chunk.length;
        giveBack(chunk);
      },
    },
    { moved: () => {}, broken: () => t.fail('broken'), drained: () => {}, stalled: () => t.fail('stalled') },
  );
  pump.start();
  const sent = createHash('sha256');
  const came = createHash('sha256');
  const frames = Array.from({ length: 400 }, () => message('d', randomBytes(20_000)));
  let taken = 0;
  sink.on('data', (chunk: Buffer) => {
    came.update(chunk);
    taken += chunk.length;
    sink.pause();
    setImmediate(() => sink.resume());
  });
  const over = once(sink, 'end');
  for (const frame of frames) {
    sent.update(frame);
    if (!source.write(frame)) await once(source, 'drain');
  }
  source.end();
  await over;
  t.equal(taken, frames.length * 20_005);
  t.ok(given > 0, `${given} bytes were given back`);
  t.equal(came.digest('hex'), sent.digest('hex'));
});
