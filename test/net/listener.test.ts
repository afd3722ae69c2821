import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { formatAddress } from '../../src/allowlist/address.ts';
import { Listener } from '../../src/net/listener.ts';
import type { Arrival } from '../../src/session/ports.ts';

t.test('Each connection is handed over with the address it came from.', async (t) => {
  const arrived = Promise.withResolvers<Arrival>();
  const listener = await Listener.open({ host: '127.0.0.1', port: 0 }, arrived.resolve);
  t.teardown(() => listener.close());
  t.ok(listener.listening);
  const client = connect({ host: '127.0.0.1', port: listener.port, localAddress: '127.0.0.77' });
  const { address, port, stream } = await arrived.promise;
  t.equal(formatAddress(address), '127.0.0.77');
  t.equal(port, client.localPort);
  client.end('bye');
  stream.resume();
  await once(stream, 'end');
  t.ok(stream.writable, 'it may be half open: what is to be said last is ours to say');
  stream.destroy();
});

t.test('A port in use is an error with its code.', async (t) => {
  const first = await Listener.open({ host: '127.0.0.1', port: 0 }, () => {});
  t.teardown(() => first.close());
  await t.rejects(
    Listener.open({ host: '127.0.0.1', port: first.port }, () => {}),
    { code: 'EADDRINUSE' },
  );
});

t.test('A closed listener takes no more connections and keeps those it has.', async (t) => {
  const arrived = Promise.withResolvers<Arrival>();
  const listener = await Listener.open({ host: '127.0.0.1', port: 0 }, arrived.resolve);
  const { port } = listener;
  const client = connect({ host: '127.0.0.1', port });
  const { stream } = await arrived.promise;
  listener.close();
  t.notOk(listener.listening);
  t.throws(() => listener.port, TypeError);
  const late = connect({ host: '127.0.0.1', port });
  await t.rejects(once(late, 'connect'), { code: 'ECONNREFUSED' });
  stream.write('still here');
  const [said]: unknown[] = await once(client, 'data');
  t.equal(String(said), 'still here');
  stream.destroy();
});

t.test('A connection that breaks harms nobody.', async (t) => {
  const arrivals: Arrival[] = [];
  const listener = await Listener.open({ host: '127.0.0.1', port: 0 }, (arrival) => arrivals.push(arrival));
  t.teardown(() => listener.close());
  for (let clients = 0; clients < 5; clients += 1) {
    const client = connect({ host: '127.0.0.1', port: listener.port });
    await once(client, 'connect');
    client.resetAndDestroy();
  }
  const last = connect({ host: '127.0.0.1', port: listener.port });
  await once(last, 'connect');
  while (arrivals.at(-1)?.port !== last.localPort) await new Promise(setImmediate);
  t.ok(arrivals.length >= 1);
  for (const { stream } of arrivals) stream.destroy();
  last.destroy();
});
