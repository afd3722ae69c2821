import t from 'tap';
import { encodeVersion } from '../../src/wire/protocol-version.ts';
import { answerSasl, readGreeting, sendStartup } from '../support/client-login.ts';
import { message } from '../support/frontend-messages.ts';
import { int32 } from '../support/result-rows.ts';
import { Scene, verifier } from '../support/scene.ts';
import {
  echo,
  expect,
  hang,
  notice,
  ok,
  parameter,
  perform,
  ready,
  scram,
  send,
} from '../support/upstream-steps.ts';

const key = (pid: number, secret: Buffer | string): Buffer => message('K', int32(pid), secret);

t.test('AuthenticationOk is not said before the upstream has said its own.', async (t) => {
  const go = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const script = [
    expect('startup'),
    perform(() => asked.resolve()),
    perform(() => go.promise),
    scram(verifier),
    send(ok, ready),
    hang,
  ];
  await using scene = await Scene.open({ script });
  const client = await scene.tlsClient();
  sendStartup(client);
  await answerSasl(client);
  await asked.promise;
  t.equal((await client.expect('R')).readInt32BE(0), 12);
  t.equal(client.inbox.unread.length, 0);
  go.resolve();
  t.equal((await client.expect('R')).readInt32BE(0), 0);
});

t.test(
  'The upstream’s notices and parameters come in their order, its pid with a secret of ours.',
  async (t) => {
    const parts = [
      notice('one'),
      ok,
      parameter('server_version', '18'),
      notice('two'),
      key(4711, 'theirs!!'),
      parameter('x', 'y'),
      ready,
    ];
    await using scene = await Scene.open({
      script: [expect('startup'), scram(verifier), send(...parts), hang],
    });
    const { greeting } = await scene.session();
    t.equal(greeting.letters, 'RNSNSKZ');
    t.equal(greeting.pid, 4711);
    t.equal(greeting.key.length, 4);
    const { client, greeting: other } = await scene.session({ minor: 2 });
    t.equal(other.key.length, 32);
    t.notOk(client.inbox.all.includes('theirs'));
    t.notMatch(greeting.key.toString('hex'), other.key.subarray(0, 4).toString('hex'));
  },
);

t.test(
  'An upstream that gives no key leaves the client without one, and nothing to cancel by.',
  async (t) => {
    await using scene = await Scene.open({
      script: [expect('startup'), scram(verifier), send(ok, ready), hang],
    });
    t.equal((await scene.session()).greeting.letters, 'RZ');
  },
);

t.test('A pid with the highest bit set, as poolers give, passes.', async (t) => {
  const script = [expect('startup'), scram(verifier), send(ok, key(-5, 'key!'), ready), hang];
  await using scene = await Scene.open({ script });
  t.equal((await scene.session()).greeting.pid, -5);
});

t.test(
  'An upstream older than the client’s version is bridged: the client hears nothing of it.',
  async (t) => {
    const older = message('v', int32(encodeVersion({ major: 3, minor: 0 })), int32(0));
    const script = [expect('startup'), send(older), scram(verifier), send(ok, key(1, 'key!'), ready), echo];
    await using scene = await Scene.open({ script });
    const client = await scene.tlsClient();
    sendStartup(client, { minor: 2 });
    await answerSasl(client);
    const greeting = await readGreeting(client);
    t.equal(greeting.letters, 'RKZ');
    t.equal(greeting.key.length, 32, 'it speaks 3.2 with us');
  },
);

t.test('A ReadyForQuery in another state than idle passes as it is.', async (t) => {
  const script = [expect('startup'), scram(verifier), send(ok, message('Z', 'T')), hang];
  await using scene = await Scene.open({ script });
  const { greeting } = await scene.session();
  t.strictSame(greeting.frames.at(-1)?.body, Buffer.from('T'));
});
