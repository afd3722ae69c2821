import t from 'tap';
import { allowlistFrom } from '../../src/allowlist/entries.ts';
import type { Seats, Taken } from '../../src/session/quota.ts';
import { draining, notAnswered } from '../../src/session/refusals.ts';
import { aProject } from '../catalog/a-catalog.ts';
import { line } from '../proxy-protocol/headers.ts';
import { answerSasl, login, sendStartup } from '../support/client-login.ts';
import { cancelRequest, message, sslRequest, terminate } from '../support/frontend-messages.ts';
import type { RawClient } from '../support/raw-client.ts';
import { aRole, Scene, verifier } from '../support/scene.ts';
import { close, goodScript } from '../support/upstream-steps.ts';

const tooMany = (what: string) => ({
  severity: 'FATAL',
  sqlstate: '53300',
  message: `too many connections for ${what}`,
});

/** Inside TLS, with a StartupMessage sent. */
async function knocking(scene: Scene, from = '127.0.0.1'): Promise<RawClient> {
  const client = await scene.tlsClient({ from });
  sendStartup(client);
  return client;
}

/** A login that is refused once the proof was good. */
async function refusedAfterProof(scene: Scene, user = 'app') {
  const client = await scene.tlsClient();
  sendStartup(client, { user });
  await answerSasl(client);
  return await client.refusal();
}

async function leave(scene: Scene, client: RawClient): Promise<void> {
  const ended = scene.gate.journal.records.length;
  client.send(terminate);
  client.end();
  await scene.record(ended);
}

t.test('More connections than one address may have are refused; other addresses are not.', async (t) => {
  await using scene = await Scene.open({ limits: { connectionsPerAddress: 2 } });
  const first = await scene.tlsClient({ from: '127.0.0.2' });
  await login(first);
  await login(await scene.tlsClient({ from: '127.0.0.2' }));
  t.strictSame(await (await knocking(scene, '127.0.0.2')).refusal(), tooMany('this address'));
  t.match(await scene.record(), { outcome: 'refused', reason: 'limit', address: '127.0.0.2' });
  await login(await scene.tlsClient({ from: '127.0.0.3' }));
  await leave(scene, first);
  await login(await scene.tlsClient({ from: '127.0.0.2' }));
});

t.test('Connections that have not said a word count for their address.', async (t) => {
  await using scene = await Scene.open({ limits: { connectionsPerAddress: 2 } });
  await scene.client('127.0.0.2');
  await scene.client('127.0.0.2');
  t.match(await (await knocking(scene, '127.0.0.2')).refusal(), { sqlstate: '53300' });
});

t.test('Far too many from one address are not even heard, nor told.', async (t) => {
  await using scene = await Scene.open({ limits: { connectionsPerAddress: 2 } });
  for (let n = 0; n < 4; n += 1) await scene.client('127.0.0.2');
  while (scene.gate.gate.sessions.size < 4) await new Promise(setImmediate);
  const fifth = await scene.client('127.0.0.2');
  fifth.send(sslRequest);
  t.equal((await fifth.closed()).length, 0);
  t.match(await scene.record(), {
    outcome: 'refused',
    reason: 'limit',
    detail: 'far too many connections from this address',
  });
});

t.test('IPv6 counts by /64, IPv4 by /32.', async (t) => {
  await using scene = await Scene.open({
    limits: { connectionsPerAddress: 1 },
    proxiedBy: allowlistFrom(['127.0.0.0/8'], 'test'),
  });
  const from = async (source: string): Promise<RawClient> => {
    const client = await scene.client();
    const [family, to] = source.includes(':') ? ['TCP6', '2001:db8::1'] : ['TCP4', '192.0.2.1'];
    client.send(line(`PROXY ${family} ${source} ${to} 9 5432`));
    const secured = await client.requestTls();
    sendStartup(secured);
    return secured;
  };
  for (const source of ['2001:db8:0:1::1', '2001:db8:0:2::1', '192.0.2.64', '192.0.2.65'])
    await (await from(source)).expect('R');
  for (const source of ['2001:db8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:2::1', '::ffff:192.0.2.64'])
    t.strictSame(await (await from(source)).refusal(), tooMany('this address'), source);
});

/** Every way in which a connection can end, from a client that has just connected. */
const ENDINGS: Readonly<Record<string, (client: RawClient, scene: Scene) => Promise<void> | void>> = {
  'leaves at once': (client) => client.end(),
  resets: (client) => client.reset(),
  'sends garbage': (client) => client.send(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
  'garbles its handshake': async (client) => {
    client.send(sslRequest);
    await client.inbox.read(1);
    client.send(Buffer.alloc(64, 'x'));
  },
  'resets in its handshake': async (client) => {
    client.send(sslRequest);
    await client.inbox.read(1);
    client.reset();
  },
  'sends nonsense inside TLS': async (client) => (await client.requestTls()).send(Buffer.alloc(64, 0xff)),
  'gives the wrong password': async (client) => {
    sendStartup(await client.requestTls());
    await answerSasl(client, { password: 'wrong' });
    await client.refusal();
  },
  'cancels nothing': (client) => client.send(cancelRequest(1, Buffer.from('none'))),
  'says goodbye': async (client) => {
    await login(await client.requestTls());
    client.send(terminate);
    client.end();
  },
  'resets in the middle of its session': async (client) => {
    await login(await client.requestTls());
    client.reset();
  },
  'breaks the protocol': async (client) => {
    await login(await client.requestTls());
    client.send(message('Q', 'x').fill(0xff, 1, 5));
    await client.refusal();
  },
  'is cut': async (client, scene) => {
    await login(await client.requestTls());
    scene.gate.gate.sessions.cutAll(draining());
    await client.refusal();
  },
};

t.test('However a connection ends, its place is free again.', async (t) => {
  await using scene = await Scene.open({
    limits: { connectionsPerAddress: 1 },
    branch: { connectionLimit: 1, roles: [aRole('app', verifier, { connectionLimit: 1 })] },
  });
  for (const [index, [title, end]] of Object.entries(ENDINGS).entries()) {
    await end(await scene.client(), scene);
    await scene.record(2 * index);
    const next = await scene.tlsClient();
    await login(next);
    t.pass(`one who ${title}`);
    next.end();
    await scene.record(2 * index + 1);
  }
  for (const key of ['address 127.0.0.1', 'branch br-main', 'role br-main app'])
    t.equal(scene.gate.quota.count(key), 0, key);
});

t.test('A place is free again where the deadline or the upstream ended a login.', async (t) => {
  const limits = { connectionsPerAddress: 1 };
  await using slow = await Scene.open({ limits, handshakeTimeout: 300 });
  await slow.client();
  t.match(await slow.record(), { reason: 'timeout' });
  await login(await slow.tlsClient());
  const branch = { connectionLimit: 1 };
  await using refusing = await Scene.open({
    limits,
    branch,
    upstream: { scripts: [[close], goodScript(verifier)] },
  });
  t.match(await refusedAfterProof(refusing), { sqlstate: '57P03' });
  await refusing.record();
  await login(await refusing.tlsClient());
});

t.test('A branch and a role bound the sessions that have proved who they are.', async (t) => {
  const roles = [
    aRole('app', verifier, { connectionLimit: 1 }),
    aRole('job', verifier, { upstream: { role: 'app', login: undefined } }),
  ];
  await using scene = await Scene.open({ branch: { name: 'main', connectionLimit: 2, roles } });
  const { client: first } = await scene.session();
  t.strictSame(await refusedAfterProof(scene), tooMany('role "app"'));
  t.match(await scene.record(), { outcome: 'refused', reason: 'limit', role: 'app' });
  const { client: job } = await scene.session({ user: 'job' });
  t.strictSame(await refusedAfterProof(scene, 'job'), tooMany('branch "main"'));
  await leave(scene, job);
  await leave(scene, first);
  await scene.session();
  await scene.session({ user: 'job' });
});

t.test('A role of one branch does not fill the same of another.', async (t) => {
  const roles = [aRole('app', verifier, { connectionLimit: 1 })];
  await using scene = await Scene.open({
    projects: (main) => [
      aProject('shop', [{ ...main, roles }]),
      aProject('other', [{ ...main, id: 'br-other', endpoints: ['ep-other'], roles }]),
    ],
  });
  await scene.session({ parameters: { options: 'endpoint=ep-main' } });
  await scene.session({ parameters: { options: 'endpoint=ep-other' } });
  const client = await scene.tlsClient();
  sendStartup(client, { parameters: { options: 'endpoint=ep-other' } });
  await answerSasl(client);
  t.strictSame(await client.refusal(), tooMany('role "app"'));
});

t.test('Strangers never fill a role or a branch, however many they are.', async (t) => {
  const roles = [aRole('app', verifier, { connectionLimit: 1 })];
  await using scene = await Scene.open({ branch: { connectionLimit: 1, roles } });
  const strangers = await Promise.all(Array.from({ length: 100 }, () => knocking(scene)));
  for (const stranger of strangers) await stranger.expect('R');
  const guesser = await knocking(scene);
  await answerSasl(guesser, { password: 'wrong' });
  t.match(await guesser.refusal(), { sqlstate: '28P01' });
  await scene.session();
  const late = await knocking(scene);
  await answerSasl(late, { password: 'wrong' });
  t.match(await late.refusal(), { sqlstate: '28P01' }, 'a full role is told to nobody who has no proof');
});

t.test('Of many that prove themselves at once, as many are let in as there is room.', async (t) => {
  await using scene = await Scene.open({ branch: { connectionLimit: 3 } });
  const tries = Array.from({ length: 10 }, () =>
    scene.session().then(
      () => 'in',
      (error: unknown) => (/too many connections for branch/.test(String(error)) ? 'refused' : error),
    ),
  );
  const outcomes = await Promise.all(tries);
  t.equal(outcomes.filter((outcome) => outcome === 'in').length, 3);
  t.equal(outcomes.filter((outcome) => outcome === 'refused').length, 7);
});

t.test('A gateway that is full refuses, and still takes cancel requests.', async (t) => {
  await using scene = await Scene.open({ limits: { maxConnections: 2 } });
  const { greeting } = await scene.session();
  const { client: second } = await scene.session();
  t.strictSame(await (await knocking(scene)).refusal(), tooMany('this gateway'));
  t.match(await scene.record(), { outcome: 'refused', reason: 'limit' });
  const canceling = await scene.client();
  canceling.send(cancelRequest(greeting.pid, greeting.key));
  t.equal((await canceling.closed()).length, 0);
  t.match(await scene.record(1), { outcome: 'canceled' });
  await leave(scene, second);
  await scene.session();
});

t.test('A seat that is given when nobody waits for it any more is given back.', async (t) => {
  const answer = Promise.withResolvers<Taken>();
  const left: string[] = [];
  const quota: Seats = { take: () => answer.promise };
  await using scene = await Scene.open({ handshakeTimeout: 100, parts: { quota } });
  await scene.client();
  t.match(await scene.record(), { reason: 'timeout' });
  answer.resolve({ crowded: [false], leave: () => void left.push('once') });
  await new Promise(setImmediate);
  t.strictSame(left, ['once']);
});

t.test('Where nobody can be asked for a seat, the connection is closed unheard.', async (t) => {
  const quota: Seats = { take: () => Promise.reject(notAnswered('gone')) };
  await using scene = await Scene.open({ parts: { quota } });
  const client = await scene.client();
  client.send(sslRequest);
  t.equal((await client.closed()).length, 0);
  t.match(await scene.record(), { outcome: 'refused', reason: 'overload', detail: 'gone' });
});
