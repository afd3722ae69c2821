import t from 'tap';
import { answerSasl, readGreeting, sendStartup } from '../support/client-login.ts';
import { query, startupMessage, terminate } from '../support/frontend-messages.ts';
import type { RawClient } from '../support/raw-client.ts';
import { Scene, verifier } from '../support/scene.ts';
import { close, echo, expect, perform, scram, send, welcome } from '../support/upstream-steps.ts';

/** How far a client gets before it leaves: psql without a password leaves after AuthenticationSASL. */
const STAGES: Readonly<Record<string, (client: RawClient) => Promise<void>>> = {
  'before its StartupMessage': async () => {},
  'in its StartupMessage': async (client) => client.send(startupMessage({ user: 'app' }).subarray(0, 12)),
  'when it is asked for a password': async (client) => {
    sendStartup(client);
    await client.expect('R');
  },
};

const WAYS: Readonly<Record<string, (client: RawClient) => void>> = {
  'in order': (client) => client.end(),
  'by a reset': (client) => client.reset(),
};

for (const [way, leave] of Object.entries(WAYS)) {
  t.test(`A client that leaves ${way} has abandoned its login, and failed none.`, async (t) => {
    await using scene = await Scene.open();
    for (const [index, [stage, reach]] of Object.entries(STAGES).entries()) {
      const client = await scene.tlsClient();
      await reach(client);
      leave(client);
      t.match(await scene.record(index), { outcome: 'abandoned', reason: 'client-left' }, stage);
    }
    t.equal(scene.upstream.conversations.length, 0);
  });

  t.test(
    `A client that leaves ${way} while the upstream lets us in does not leave a session behind.`,
    async (t) => {
      const go = Promise.withResolvers<void>();
      const script = [expect('startup'), scram(verifier), perform(() => go.promise), send(welcome()), echo];
      await using scene = await Scene.open({ script });
      const client = await scene.tlsClient();
      sendStartup(client);
      await answerSasl(client);
      await client.expect('R');
      leave(client);
      const [seen] = scene.gate.secured;
      while (seen?.readableEnded === false && !seen.destroyed) await new Promise(setImmediate);
      go.resolve();
      t.match(await scene.record(), { outcome: 'abandoned', reason: 'client-left' });
      t.equal(scene.gate.gate.sessions.size, 0);
    },
  );
}

t.test('A client that says all it has to say and closes its side is answered.', async (t) => {
  const go = Promise.withResolvers<void>();
  const script = [expect('startup'), scram(verifier), perform(() => go.promise), send(welcome()), echo];
  await using scene = await Scene.open({ script });
  const client = await scene.tlsClient();
  sendStartup(client);
  await answerSasl(client);
  client.send(query('select 1'), terminate);
  client.end();
  go.resolve();
  await readGreeting(client);
  for (const letter of 'TDCZ') await client.expect(letter);
  t.equal((await client.closed()).length, 0);
  t.match(await scene.record(), { outcome: 'closed' });
});

t.test('An upstream that closes while we log in is not a client that left.', async (t) => {
  for (const script of [[close], [expect('startup'), close], [expect('startup'), scram(verifier), close]]) {
    await using scene = await Scene.open({ script });
    const client = await scene.tlsClient();
    sendStartup(client);
    await answerSasl(client);
    t.match(await client.refusal(), { sqlstate: '57P03' });
    t.match(await scene.record(), { outcome: 'refused', reason: 'upstream-unreachable' });
  }
});
