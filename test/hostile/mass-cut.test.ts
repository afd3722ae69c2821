import t from 'tap';
import { dial } from '../../src/net/dial.ts';
import { killed } from '../../src/session/refusals.ts';
import { type Dial, UpstreamUnreachable } from '../../src/upstream/ports.ts';
import { FRONTEND, serializeFrame } from '../../src/wire/frame.ts';
import { login } from '../support/client-login.ts';
import type { RawClient } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const SESSIONS = 150;
/** What the gate may have under way at a time. */
const CANCELS_AT_A_TIME = 64;

/** Begins a statement: only what may be at work is canceled. */
const STATEMENT = serializeFrame(FRONTEND.parse, Buffer.from('\0select 1\0\0\0'));

/** Until the gate has seen the statement of every session. */
async function begun(scene: Scene): Promise<void> {
  const seen = () => [...scene.gate.gate.sessions.records()].every((record) => record.bytesFromClient > 0);
  while (!seen()) await new Promise((resolve) => setTimeout(resolve, 5));
}

t.test('Many sessions that are cut at once do not fall upon their upstream all at once.', async (t) => {
  let open = 0;
  let most = 0;
  const counted: Dial = async (...asked) => {
    const connection = await dial(...asked);
    open += 1;
    most = Math.max(most, open);
    connection.stream.once('close', () => {
      open -= 1;
    });
    return connection;
  };
  await using scene = await Scene.open({ parts: { dial: counted } });
  const clients: RawClient[] = [];
  for (let n = 0; n < SESSIONS; n += 1) {
    const client = await scene.tlsClient();
    await login(client);
    client.send(STATEMENT);
    clients.push(client);
  }
  await begun(scene);
  most = 0;
  scene.cutAll(killed());
  const seen = await Promise.all(clients.map((client) => client.refusal()));
  t.ok(seen.every(({ sqlstate }) => sqlstate === '57P01'));
  while (scene.upstream.cancels.length < SESSIONS) await new Promise((resolve) => setTimeout(resolve, 5));
  t.ok(most <= SESSIONS + CANCELS_AT_A_TIME, `${most} connections at once`);
  t.equal(scene.gate.journal.failedCancels.length, 0);
});

t.test(
  'Cancels that an upstream does not take end in time, those that wait for their turn too.',
  async (t) => {
    const never: Dial = (target, signal, client) =>
      client === undefined
        ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        : dial(target, signal, client);
    await using scene = await Scene.open({ parts: { dial: never }, limits: { cancelTimeout: 50 } });
    for (let n = 0; n <= CANCELS_AT_A_TIME; n += 1) (await scene.session()).client.send(STATEMENT);
    await begun(scene);
    scene.cutAll(killed());
    const { failedCancels } = scene.gate.journal;
    while (failedCancels.length <= CANCELS_AT_A_TIME) await new Promise((resolve) => setTimeout(resolve, 5));
    t.ok(failedCancels.every((cause) => cause instanceof UpstreamUnreachable));
  },
);
