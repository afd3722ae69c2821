import t from 'tap';
import { draining, Refusal } from '../../src/session/refusals.ts';
import { FRONTEND, serializeFrame } from '../../src/wire/frame.ts';
import { answerSasl, sendStartup } from '../support/client-login.ts';
import { query, startupMessage } from '../support/frontend-messages.ts';
import type { RawClient } from '../support/raw-client.ts';
import { Scene, type SceneWish, verifier } from '../support/scene.ts';
import {
  answerTo,
  expect,
  hang,
  KEY,
  notice,
  PID,
  perform,
  scram,
  send,
  welcome,
} from '../support/upstream-steps.ts';

const DRAIN = {
  severity: 'FATAL',
  sqlstate: '57P01',
  message: 'terminating connection due to administrator command',
};

/** Where a login can be when the gate is drained. */
const STAGES: Readonly<Record<string, { wish?: SceneWish; reach: (client: RawClient) => Promise<void> }>> = {
  'before its StartupMessage': { reach: async () => {} },
  'in its StartupMessage': {
    reach: async (client) => client.send(startupMessage({ user: 'app' }).subarray(0, 9)),
  },
  'when it is asked for a password': {
    reach: async (client) => {
      sendStartup(client);
      await client.expect('R');
    },
  },
  'while the upstream is asked': {
    wish: { script: [expect('startup'), hang] },
    reach: async (client) => {
      sendStartup(client);
      await answerSasl(client);
      await client.expect('R');
    },
  },
};

for (const [stage, { wish, reach }] of Object.entries(STAGES)) {
  t.test(`A client that is ${stage} is told when the gate is drained.`, async (t) => {
    await using scene = await Scene.open(wish);
    const client = await scene.tlsClient();
    await reach(client);
    // A client of TLS 1.3 is done with the handshake before the server is.
    while (![...scene.gate.gate.sessions.records()].every(({ tls }) => tls)) await new Promise(setImmediate);
    scene.cutAll(draining());
    t.strictSame(await client.refusal(), DRAIN);
    t.match(await scene.record(), { outcome: 'refused', reason: 'drain' });
  });
}

t.test('An idle session is told at once, and its upstream is let go.', async (t) => {
  await using scene = await Scene.open();
  const { client } = await scene.session();
  scene.cutAll(draining());
  t.strictSame(await client.refusal(), DRAIN);
  t.match(await scene.record(), { outcome: 'cut', reason: 'drain' });
  await scene.upstream.deserted();
  t.equal(scene.upstream.connections, 0);
});

t.test(
  'A session in the midst of its rows is told behind a whole one, and its statement is canceled.',
  async (t) => {
    const canceled = Promise.withResolvers<void>();
    const rows = Buffer.concat(Array.from({ length: 100 }, (_, n) => notice(`${n}`)));
    const script = [
      expect('startup'),
      scram(verifier),
      send(welcome()),
      expect('Q'),
      send(rows.subarray(0, rows.length - 10)),
      perform(() => canceled.promise),
      send(rows.subarray(rows.length - 10)),
      hang,
    ];
    await using scene = await Scene.open({
      script,
      upstream: { onCancel: perform(() => canceled.resolve()) },
    });
    const { client } = await scene.session();
    client.send(query('select many'));
    t.equal((await client.inbox.read(rows.length - 10)).length, rows.length - 10);
    scene.cutAll(draining());
    t.strictSame(await client.inbox.read(10), rows.subarray(rows.length - 10));
    t.strictSame(await client.refusal(), DRAIN);
    t.match(scene.upstream.cancels, [{ pid: PID, key: KEY }]);
    t.strictSame(scene.gate.journal.failedCancels, []);
  },
);

t.test('A cancel that fails is reported, and the session is cut all the same.', async (t) => {
  await using scene = await Scene.open();
  const { client } = await scene.session();
  client.send(query('select 1'));
  await client.inbox.read(answerTo('select 1').length);
  client.send(serializeFrame(FRONTEND.parse, Buffer.from('\0select 2\0\0\0')));
  const [record] = scene.gate.gate.sessions.records();
  const seen = (): number => record?.bytesFromClient ?? 0;
  while (seen() <= query('select 1').length) await new Promise(setImmediate);
  scene.upstream.refuse();
  scene.cutAll(draining());
  t.strictSame(await client.refusal(), DRAIN);
  await scene.record();
  while (scene.gate.journal.failedCancels.length === 0) await new Promise(setImmediate);
  t.match(scene.gate.journal.failedCancels, [{ name: 'UpstreamUnreachable' }]);
});

t.test('A session that waits for a statement is cut without a cancel: nothing runs there.', async (t) => {
  await using scene = await Scene.open();
  const { client } = await scene.session();
  client.send(query('select 1'));
  await client.inbox.read(answerTo('select 1').length);
  scene.cutAll(draining());
  t.strictSame(await client.refusal(), DRAIN);
  await scene.record();
  await scene.upstream.deserted();
  t.strictSame(scene.upstream.cancels, []);
  t.strictSame(scene.gate.journal.failedCancels, []);
});

t.test('A reason that is not to be told ends the session in silence.', async (t) => {
  await using scene = await Scene.open();
  const { client } = await scene.session();
  scene.cutAll(new Refusal('quiet', undefined, 'for our log'));
  t.equal((await client.closed()).length, 0);
  t.match(await scene.record(), { outcome: 'cut', reason: 'quiet', detail: 'for our log' });
});
