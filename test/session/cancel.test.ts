import { connect } from 'node:net';
import t from 'tap';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import type { CancelTarget } from '../../src/session/cancel-keys.ts';
import { REQUEST_CODE } from '../../src/wire/protocol-version.ts';
import { aProject } from '../catalog/a-catalog.ts';
import { cancelRequest, openingPacket, terminate } from '../support/frontend-messages.ts';
import type { RawClient } from '../support/raw-client.ts';
import { certificate, Scene, type SceneWish, verifier } from '../support/scene.ts';
import {
  close,
  echo,
  expect,
  goodScript,
  hang,
  KEY,
  PID,
  perform,
  reset,
  scram,
  send,
  tls,
  welcome,
} from '../support/upstream-steps.ts';

/** The ways in which drivers bring a CancelRequest: in plain text until libpq 17, then like any connection. */
const WAYS: Readonly<Record<string, (scene: Scene) => Promise<RawClient>>> = {
  'in plain text': async (scene) => await scene.client(),
  'by SSLRequest': async (scene) => await scene.tlsClient(),
  'by direct TLS': async (scene) => await (await scene.client()).handshake({ ALPNProtocols: ['postgresql'] }),
};

for (const [way, arrive] of Object.entries(WAYS)) {
  t.test(`A cancel ${way} goes to the upstream with the upstream’s own key.`, async (t) => {
    await using scene = await Scene.open();
    for (const [index, minor] of [0, 2].entries()) {
      const { greeting } = await scene.session({ minor });
      t.equal(greeting.pid, PID);
      const canceling = await arrive(scene);
      canceling.send(cancelRequest(greeting.pid, greeting.key));
      t.equal((await canceling.closed()).length, 0, 'no answer is ever sent');
      t.match(scene.upstream.cancels[index], { pid: PID, key: KEY });
      const { outcome, kind, project, branch } = await scene.record(index);
      t.strictSame(
        { outcome, kind, project, branch },
        { outcome: 'canceled', kind: 'cancel', project: 'shop', branch: 'br-main' },
      );
    }
    t.equal(scene.upstream.conversations.length, 2, 'and the sessions go on');
  });
}

t.test('The canceling client is let go only when the upstream is done with its cancel.', async (t) => {
  const go = Promise.withResolvers<void>();
  const came = Promise.withResolvers<void>();
  const onCancel = perform(async () => {
    came.resolve();
    await go.promise;
  });
  await using scene = await Scene.open({ upstream: { onCancel } });
  const { greeting } = await scene.session();
  const canceling = await scene.client();
  canceling.send(cancelRequest(greeting.pid, greeting.key));
  await came.promise;
  t.equal(canceling.inbox.over, false);
  go.resolve();
  t.equal((await canceling.closed()).length, 0);
});

/** Cancels that reach nobody; the client cannot tell them from others. */
const VAIN: readonly (readonly [title: string, request: (pid: number, key: Buffer) => Buffer])[] = [
  ['a wrong key', (pid, key) => cancelRequest(pid, Buffer.from(key.map((byte) => byte ^ 1)))],
  ['another pid', (pid, key) => cancelRequest(pid + 1, key)],
  ['the upstream’s own key', (pid) => cancelRequest(pid, KEY)],
  ['a key with more behind it', (pid, key) => cancelRequest(pid, Buffer.concat([key, Buffer.alloc(28)]))],
  ['a key of 256 bytes', (pid) => cancelRequest(pid, Buffer.alloc(256))],
  ['a key of 3 bytes', (pid, key) => cancelRequest(pid, key.subarray(0, 3))],
  ['no key', (pid) => cancelRequest(pid, Buffer.alloc(0))],
  ['a key of 257 bytes', (pid) => cancelRequest(pid, Buffer.alloc(257))],
  ['a length of 2^31', () => openingPacket(REQUEST_CODE.cancel, Buffer.alloc(8), 0x8000_0000)],
];

t.test('A cancel without the right key reaches nobody, and is closed without a word.', async (t) => {
  await using scene = await Scene.open();
  const { greeting } = await scene.session();
  for (const [title, request] of VAIN) {
    const canceling = await scene.client();
    canceling.send(request(greeting.pid, greeting.key));
    t.equal((await canceling.closed()).length, 0, title);
  }
  await scene.record(VAIN.length - 1);
  t.ok(scene.gate.journal.records.every(({ outcome }) => outcome === 'refused'));
  t.strictSame(
    scene.gate.journal.records.slice(0, 5).map(({ reason }) => reason),
    Array(5).fill('cancel-key'),
  );
  t.strictSame(scene.upstream.cancels, []);
});

t.test('Inside TLS, too, a cancel in vain is closed without a word.', async (t) => {
  await using scene = await Scene.open();
  const canceling = await scene.tlsClient();
  canceling.send(cancelRequest(1, Buffer.alloc(4)));
  t.equal((await canceling.closed()).length, 0);
  t.match(await scene.record(), { kind: 'cancel', outcome: 'refused', reason: 'cancel-key' });
});

t.test('The key of a session that has ended cancels nothing.', async (t) => {
  await using scene = await Scene.open();
  const { client, greeting } = await scene.session();
  t.ok(scene.gate.gate.cancelKeys.find(greeting.pid, greeting.key));
  client.send(terminate);
  client.end();
  await scene.record();
  t.equal(scene.gate.gate.cancelKeys.find(greeting.pid, greeting.key), undefined);
  const canceling = await scene.client();
  canceling.send(cancelRequest(greeting.pid, greeting.key));
  await canceling.closed();
  t.match(await scene.record(1), { reason: 'cancel-late' });
  t.strictSame(scene.upstream.cancels, []);
});

t.test('An address that the session’s branch does not admit, by now, cannot cancel it.', async (t) => {
  await using scene = await Scene.open({ branch: { allowedIps: ['127.0.0.1'] } });
  const { greeting } = await scene.session();
  const request = cancelRequest(greeting.pid, greeting.key);
  const stranger = await scene.client('127.0.0.2');
  stranger.send(request);
  t.equal((await stranger.closed()).length, 0);
  t.match(await scene.record(), {
    kind: 'cancel',
    outcome: 'refused',
    reason: 'address',
    address: '127.0.0.2',
  });
  const [project] = scene.gate.catalog.projects;
  const branches = project?.branches.map((branch) => ({ ...branch, allowedIps: ['192.0.2.1'] })) ?? [];
  scene.gate.catalog = new CatalogSnapshot([aProject('shop', branches)]);
  const former = await scene.client();
  former.send(request);
  t.equal((await former.closed()).length, 0);
  t.match(await scene.record(1), { reason: 'address', address: '127.0.0.1' });
  scene.gate.catalog = new CatalogSnapshot([]);
  const late = await scene.client();
  late.send(request);
  t.equal((await late.closed()).length, 0);
  t.match(await scene.record(2), { reason: 'cancel-key', detail: /branch is gone/ });
  t.strictSame(scene.upstream.cancels, []);
});

t.test('Two sessions with one pid, of two upstreams, are told apart by their keys.', async (t) => {
  await using scene = await Scene.open();
  const first = await scene.session();
  const second = await scene.session();
  t.equal(first.greeting.pid, second.greeting.pid);
  const canceling = await scene.client();
  canceling.send(cancelRequest(second.greeting.pid, second.greeting.key));
  await canceling.closed();
  t.equal(scene.upstream.cancels.length, 1);
});

t.test('A cancel goes out under the branch’s sslmode.', async (t) => {
  const S = Buffer.from('S');
  const script = [
    expect('ssl-request'),
    send(S),
    tls(certificate),
    expect('startup'),
    scram(verifier),
    send(welcome()),
    echo,
  ];
  await using scene = await Scene.open({
    script,
    target: { sslmode: 'verify-full', sslrootcert: certificate.cert },
  });
  const { greeting } = await scene.session();
  const canceling = await scene.tlsClient();
  canceling.send(cancelRequest(greeting.pid, greeting.key));
  t.equal((await canceling.closed()).length, 0);
  t.match(scene.upstream.cancels, [{ pid: PID }]);
  t.match(await scene.record(), { outcome: 'canceled' });
});

/** Upstreams that make trouble when they are asked to cancel. */
const TROUBLE: Readonly<Record<string, SceneWish>> = {
  'that hangs': { upstream: { onCancel: hang }, handshakeTimeout: 400 },
  'that hangs longer than a cancel may take': {
    upstream: { onCancel: hang },
    limits: { cancelTimeout: 100 },
  },
  'that resets': { upstream: { onCancel: reset } },
  'that answers': { upstream: { onCancel: send(Buffer.from('E')) } },
};

t.test('An upstream that makes trouble with a cancel keeps neither client nor connection.', async (t) => {
  for (const [title, wish] of Object.entries(TROUBLE)) {
    await using scene = await Scene.open(wish);
    const { client, greeting } = await scene.session();
    const canceling = await scene.client();
    canceling.send(cancelRequest(greeting.pid, greeting.key));
    t.equal((await canceling.closed()).length, 0, title);
    const record = await scene.record();
    const end = /hangs/.test(title) ? 'refused upstream-unreachable' : 'canceled undefined';
    t.equal(`${record.outcome} ${record.reason}`, end, title);
    client.destroy();
    await scene.upstream.deserted();
    t.equal(scene.upstream.connections, 0, title);
  }
});

t.test('A cancel whose upstream is gone is closed without a word.', async (t) => {
  await using scene = await Scene.open({ script: [...goodScript(verifier).slice(0, 3), hang, close] });
  const { greeting } = await scene.session();
  scene.upstream.refuse();
  const canceling = await scene.client();
  canceling.send(cancelRequest(greeting.pid, greeting.key));
  t.equal((await canceling.closed()).length, 0);
  t.match(await scene.record(), { kind: 'cancel', outcome: 'refused', reason: 'upstream-unreachable' });
});

t.test(
  'A client that sends its cancel and is gone at once is served, as old libpq does not wait.',
  async (t) => {
    await using scene = await Scene.open();
    const { greeting } = await scene.session();
    const socket = connect(scene.gate.port, '127.0.0.1');
    socket.end(cancelRequest(greeting.pid, greeting.key));
    t.match(await scene.record(), { outcome: 'canceled' });
    t.equal(scene.upstream.cancels.length, 1);
    socket.destroy();
  },
);

t.test('A key that no session here has is looked for at the gateway’s other processes.', async (t) => {
  const asked: number[] = [];
  const answers: (CancelTarget | 'ended' | undefined)[] = ['ended', undefined];
  const neighbours = {
    findCancel: async (pid: number) => {
      asked.push(pid);
      return answers.shift();
    },
  };
  await using scene = await Scene.open({ parts: { neighbours } });
  const { greeting } = await scene.session();
  const branch = scene.gate.catalog.projects[0]?.branches[0];
  if (branch === undefined) throw new Error('no branch');
  const upstream = { pid: 99, key: Buffer.from('else') };
  answers.push({ projectId: 'shop', branchId: branch.id, target: branch.upstream, upstream });
  for (const [n, reason] of ['cancel-late', 'cancel-key', undefined].entries()) {
    const client = await scene.client();
    client.send(cancelRequest(99, Buffer.from([n, n, n, n])));
    await client.closed();
    t.equal((await scene.record(n)).reason, reason);
  }
  t.match(scene.upstream.cancels, [{ pid: 99 }]);
  const own = await scene.client();
  own.send(cancelRequest(greeting.pid, greeting.key));
  await own.closed();
  t.strictSame(asked, [99, 99, 99], 'nobody is asked for a key of ours');
});
