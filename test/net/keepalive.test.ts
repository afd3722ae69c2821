import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { dialer } from '../../src/net/dial.ts';
import { KEEPALIVE_MS } from '../../src/net/keepalive.ts';
import { Listener } from '../../src/net/listener.ts';
import type { Arrival } from '../../src/session/ports.ts';
import { anUpstream } from '../catalog/a-catalog.ts';
import { isAbout, noTimers, untilProbe } from '../support/kernel-timers.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { hang } from '../support/upstream-steps.ts';

for (const [title, keepalive] of [
  ['as long as it is told', 7_654_000],
  ['for 60 s', undefined],
] as const) {
  t.test(
    `The kernel waits ${title} before it asks for a client that is silent.`,
    { skip: noTimers },
    async (t) => {
      const arrived = Promise.withResolvers<Arrival>();
      const listener = await Listener.open({ host: '127.0.0.1', port: 0, keepalive }, arrived.resolve);
      t.teardown(() => listener.close());
      const client = connect({ host: '127.0.0.1', port: listener.port });
      await once(client, 'connect');
      const { stream, port } = await arrived.promise;
      const left = untilProbe(listener.port, port);
      t.ok(isAbout(left, keepalive ?? KEEPALIVE_MS), `${left} ms`);
      t.equal(untilProbe(port, listener.port), undefined, 'the client itself has asked for nothing');
      client.destroy();
      stream.destroy();
    },
  );
}

t.test('It waits as long before it asks for an upstream.', { skip: noTimers }, async (t) => {
  const upstream = await ScriptedUpstream.open({ scripts: [[hang]] });
  t.teardown(() => upstream.close());
  const { host, port } = upstream;
  const dial = dialer({ timeout: 5000, keepalive: 4_321_000 });
  const { stream } = await dial(anUpstream({ host, port, sslmode: 'disable' }), new AbortController().signal);
  const local = 'localPort' in stream ? Number(stream.localPort) : 0;
  const left = untilProbe(local, port);
  t.ok(isAbout(left, 4_321_000), `${left} ms`);
  stream.destroy();
  await upstream.deserted();
});
