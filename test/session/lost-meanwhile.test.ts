import type { Duplex } from 'node:stream';
import t from 'tap';
import { dial } from '../../src/net/dial.ts';
import { login } from '../support/client-login.ts';
import { query } from '../support/frontend-messages.ts';
import { Scene } from '../support/scene.ts';

/** A scene whose recorder takes until something has happened, as a disk that is busy does. */
async function slowlyRecorded(meanwhile: (scene: Scene, upstream: Duplex) => Promise<void>): Promise<Scene> {
  const upstreams: Duplex[] = [];
  const scene: Scene = await Scene.open({
    parts: {
      dial: async (...asked) => {
        const connection = await dial(...asked);
        upstreams.push(connection.stream);
        return connection;
      },
      recorder: {
        obstacle: undefined,
        admit: async () => {
          const [upstream] = upstreams;
          if (upstream !== undefined) await meanwhile(scene, upstream);
        },
      },
    },
  });
  return scene;
}

/** With an error before it or without. */
async function closeOf(stream: Duplex): Promise<void> {
  await new Promise<void>((resolve) => stream.once('close', () => resolve()));
}

t.test('An upstream that is lost while the admission is put on record is told of at once.', async (t) => {
  await using scene = await slowlyRecorded(async ({ upstream }, ours) => {
    upstream.conversation().socket.resetAndDestroy();
    await closeOf(ours);
  });
  const client = await scene.tlsClient();
  await login(client);
  client.send(query('select 1'));
  t.match(await client.refusal(), { sqlstate: '08P01', message: 'upstream connection was lost' });
  t.match(await scene.record(), { outcome: 'failed', reason: 'upstream-protocol' });
});

t.test('A client that is lost meanwhile leaves no session behind.', async (t) => {
  await using scene = await slowlyRecorded(async ({ gate }) => {
    const [secured] = gate.secured;
    secured?.destroy();
    if (secured?.closed === false) await closeOf(secured);
  });
  const client = await scene.tlsClient();
  await login(client).catch(() => {});
  t.match(await scene.record(), { outcome: 'closed', reason: 'client-left' });
});
