import t from 'tap';
import { draining } from '../../src/session/refusals.ts';
import { answerSasl, sendStartup } from '../support/client-login.ts';
import { cancelRequest, query, sslRequest, startupMessage, terminate } from '../support/frontend-messages.ts';
import { certificate, Scene, verifier } from '../support/scene.ts';
import {
  answerTo,
  close,
  echo,
  expect,
  hang,
  type Script,
  scram,
  send,
  tls,
  welcome,
} from '../support/upstream-steps.ts';

const secured: Script = [
  expect('ssl-request'),
  send(Buffer.from('S')),
  tls(certificate),
  expect('startup'),
  scram(verifier),
  send(welcome()),
  echo,
];

/** Sockets of any kind that this process holds open. */
const sockets = (): string[] =>
  process.getActiveResourcesInfo().filter((kind) => /TCP|TLS|Pipe(?!Wrap)|Socket/.test(kind));

/** Ways in which a connection can end. */
const ENDS: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  'a session that says goodbye': async (scene) => {
    const { client } = await scene.session();
    client.send(terminate);
    client.end();
    await client.closed();
  },
  'a session that is reset': async (scene) => {
    const { client } = await scene.session();
    client.reset();
  },
  'a session in the midst of a query': async (scene) => {
    const { client } = await scene.session();
    client.send(query('select 1'));
    client.destroy();
  },
  'a wrong password': async (scene) => {
    const client = await scene.tlsClient();
    sendStartup(client);
    await answerSasl(client, { password: 'wrong' });
    await client.refusal();
  },
  'a startup in plain text': async (scene) => {
    const client = await scene.client();
    client.send(startupMessage({ user: 'app' }));
    await client.refusal();
  },
  'early bytes': async (scene) => {
    const client = await scene.client();
    client.send(sslRequest, Buffer.of(0));
    await client.closed();
  },
  'an abandoned login': async (scene) => {
    const client = await scene.tlsClient();
    sendStartup(client);
    await client.expect('R');
    client.end();
  },
  'a cancel': async (scene) => {
    const { greeting } = await scene.session();
    const client = await scene.client();
    client.send(cancelRequest(greeting.pid, greeting.key));
    await client.closed();
  },
};

t.test(
  'Whatever way a connection ends, nothing of it is left: no session, key, record, socket or listener.',
  async (t) => {
    const before = sockets();
    const rejections: unknown[] = [];
    const note = (reason: unknown): unknown => rejections.push(reason);
    process.on('unhandledRejection', note);
    for (const [title, end] of Object.entries(ENDS)) {
      for (const wish of [{}, { script: secured, target: { sslmode: 'require' } as const }]) {
        const left = await (async () => {
          await using scene = await Scene.open(wish);
          await end(scene);
          return scene.gate;
        })();
        t.equal(left.gate.sessions.size, 0, title);
        t.equal(left.journal.open, 0, title);
        t.ok(
          left.journal.records.every(({ outcome, reason }) => outcome && reason !== 'internal'),
          title,
        );
        t.ok(
          left.secured.every(({ destroyed }) => destroyed),
          title,
        );
      }
    }
    // The last handles are closed a turn after their streams were.
    for (let turns = 0; sockets().length > before.length && turns < 200; turns += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    t.strictSame(sockets(), before);
    t.strictSame(rejections, []);
    process.off('unhandledRejection', note);
  },
);

t.test('A hundred connections at once, of all kinds, come and go.', async (t) => {
  await using scene = await Scene.open();
  const ways = Object.values(ENDS);
  await Promise.all(Array.from({ length: 13 }, () => ways.map((end) => end(scene))).flat());
  const { client } = await scene.session();
  const answer = answerTo('select 1');
  client.send(query('select 1'));
  t.strictSame(await client.inbox.read(answer.length), answer, 'and the gate goes on');
});

t.test('A drain in the midst of many logins ends them all.', async (t) => {
  await using scene = await Scene.open({ script: [expect('startup'), hang, close] });
  const clients = await Promise.all(Array.from({ length: 20 }, () => scene.tlsClient()));
  for (const [n, client] of clients.entries()) {
    if (n % 3 > 0) sendStartup(client);
    if (n % 3 > 1) await answerSasl(client);
  }
  scene.cutAll(draining());
  await Promise.all(clients.map((client) => client.closed()));
  await scene.gate.gate.sessions.empty();
  t.equal(scene.gate.journal.records.length, 20);
  t.ok(scene.gate.journal.records.every(({ reason }) => reason === 'drain'));
});
