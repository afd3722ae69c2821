import t from 'tap';
import { type Address, formatAddress } from '../../src/allowlist/address.ts';
import { allowlistFrom } from '../../src/allowlist/entries.ts';
import type { Throttle } from '../../src/session/ports.ts';
import { ALLOWED, type LoginAttempt, type Verdict } from '../../src/throttle/attempt.ts';
import { line, SIGNATURE, tlv, version2, withTlvs } from '../proxy-protocol/headers.ts';
import { clientHello } from '../support/client-hello.ts';
import { answerSasl, login, sendStartup } from '../support/client-login.ts';
import { cancelRequest, query, sslRequest } from '../support/frontend-messages.ts';
import type { RawClient } from '../support/raw-client.ts';
import { Scene, type SceneWish } from '../support/scene.ts';
import { KEY, PID } from '../support/upstream-steps.ts';

/** Balancers stand on 127.0.0.7, 127.0.0.8; everybody else on loopback is somebody else. */
const TRUSTED = '127.0.0.7';
const proxiedBy = allowlistFrom(['127.0.0.7', '127.0.0.8'], 'test');

const V1 = line('PROXY TCP4 203.0.113.7 192.0.2.1 56324 5432');
const V2 = withTlvs(tlv(0x20, 'TLS of the balancer'), tlv(0xea, '\x01vpce-0a1b2c3d4e5f'));
const HEADERS: Readonly<Record<string, Buffer>> = { 'version 1': V1, 'version 2': V2 };

function behindBalancer(wish: SceneWish = {}): Promise<Scene> {
  return Scene.open({ proxiedBy, ...wish });
}

async function balanced(scene: Scene, header: Buffer): Promise<RawClient> {
  const client = await scene.client(TRUSTED);
  client.send(header);
  return client;
}

for (const [title, header] of Object.entries(HEADERS)) {
  t.test(`The client of a header of ${title} is the one that the log sees.`, async (t) => {
    await using scene = await behindBalancer();
    const client = await (await balanced(scene, header)).requestTls();
    await login(client);
    client.send(query('select 1'));
    await client.expect('T');
    client.destroy();
    t.match(await scene.record(), {
      address: '203.0.113.7',
      port: 56_324,
      via: TRUSTED,
      vpcEndpoint: title === 'version 2' ? 'vpce-0a1b2c3d4e5f' : undefined,
      outcome: 'closed',
    });
  });

  t.test(`A header of ${title} may be cut anywhere, and SSLRequest may come along with it.`, async (t) => {
    await using scene = await behindBalancer();
    const trickled = await scene.client(TRUSTED);
    await trickled.trickle(header);
    await login(await trickled.requestTls());
    const stream = Buffer.concat([header, sslRequest]);
    for (let at = 1; at < stream.length; at += 1) {
      const client = await scene.client(TRUSTED);
      client.send(stream.subarray(0, at));
      await new Promise(setImmediate);
      client.send(stream.subarray(at));
      t.equal((await client.inbox.read(1)).toString(), 'S', `cut at ${at}`);
      client.destroy();
    }
  });

  t.test(`Direct TLS follows a header of ${title}, in the same segment too.`, async (t) => {
    await using scene = await behindBalancer();
    const client = await balanced(scene, header);
    await client.handshake({ ALPNProtocols: ['postgresql'] });
    await login(client);
    client.destroy();
    t.match(await scene.record(), { outcome: 'closed', address: '203.0.113.7' });
    const together = await scene.client(TRUSTED);
    together.send(header, await clientHello(Buffer.from('ep-main.example')));
    t.equal((await together.inbox.read(1)).readUInt8(0), 0x16, 'the ServerHello');
  });
}

/** What never comes to an answer, and the reason in our log. */
const TURNED_AWAY: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
  'no header, but SSLRequest': [sslRequest, /^proxy$/],
  'no header, but direct TLS': [Buffer.of(0x16, 3, 1, 2, 0), /^proxy$/],
  LOCAL: [version2(0x20, 0, Buffer.alloc(0)), /^proxy-local$/],
  'LOCAL with an address': [
    version2(0x20, 0x11, Buffer.from('cb007107c0000201dc041538', 'hex')),
    /^proxy-local$/,
  ],
  UNKNOWN: [line('PROXY UNKNOWN'), /^proxy-local$/],
  'UNKNOWN with an address': [line('PROXY UNKNOWN 203.0.113.7 192.0.2.1 56324 5432'), /^proxy-local$/],
  AF_UNSPEC: [version2(0x21, 0, Buffer.alloc(0)), /^proxy-local$/],
  'a class-E address': [line('PROXY TCP4 240.0.0.1 192.0.2.1 1 2'), /^proxy$/],
  'an over-long header': [Buffer.concat([SIGNATURE, Buffer.of(0x21, 0x11, 0xff, 0xff)]), /^proxy$/],
  'an over-long TLV': [withTlvs(tlv(0xea, 'x', 9)), /^proxy$/],
  'two headers in a row': [Buffer.concat([V1, V1]), /^protocol$/],
  'a header of each version': [Buffer.concat([V2, V1, sslRequest]), /^protocol$/],
  'two of version 2': [Buffer.concat([V2, V2, sslRequest]), /^protocol$/],
  'bytes behind SSLRequest': [Buffer.concat([V2, sslRequest, Buffer.from('x')]), /^early-bytes$/],
};

for (const [title, [bytes, reason]] of Object.entries(TURNED_AWAY)) {
  t.test(`From a trusted balancer, ${title}: closed without a word.`, async (t) => {
    await using scene = await behindBalancer();
    const client = await balanced(scene, bytes);
    t.equal((await client.closed()).length, 0);
    t.match(await scene.record(), { outcome: 'refused', reason });
    t.equal(scene.upstream.conversations.length, 0);
  });
}

t.test(
  'A peer that is no trusted balancer is closed, whatever it says, and before it says it.',
  async (t) => {
    await using scene = await behindBalancer();
    for (const [index, bytes] of [V1, V2, sslRequest, Buffer.alloc(0)].entries()) {
      const client = await scene.client('127.0.0.9');
      client.send(bytes);
      t.equal((await client.closed()).length, 0);
      t.match(await scene.record(index), { reason: 'proxy-untrusted', address: '127.0.0.9', via: undefined });
    }
  },
);

t.test('Where no header is configured, one is a protocol violation.', async (t) => {
  await using scene = await Scene.open();
  for (const [index, bytes] of [V1, V2, version2(0x20, 0, Buffer.alloc(0))].entries()) {
    const client = await scene.client(TRUSTED);
    client.send(bytes, sslRequest);
    t.equal((await client.closed()).length, 0);
    t.match(await scene.record(index), { outcome: 'refused', reason: 'protocol', address: TRUSTED });
  }
});

t.test('A header that stalls is over at the deadline.', async (t) => {
  await using scene = await behindBalancer({ handshakeTimeout: 200 });
  const begun = [
    Buffer.alloc(0),
    V1.subarray(0, 1),
    V1.subarray(0, -1),
    V2.subarray(0, 13),
    V2.subarray(0, -1),
  ];
  const clients = await Promise.all(begun.map((bytes) => balanced(scene, bytes)));
  for (const client of clients) t.equal((await client.closed()).length, 0);
  await scene.record(begun.length - 1);
  for (const record of scene.gate.journal.records)
    t.match(record, { outcome: 'refused', reason: 'timeout', address: TRUSTED });
});

t.test('A balancer that leaves within its header has abandoned the connection.', async (t) => {
  await using scene = await behindBalancer();
  const polite = await balanced(scene, V2.subarray(0, 20));
  polite.end();
  t.match(await scene.record(), { outcome: 'abandoned', reason: 'client-left' });
  const rude = await balanced(scene, V1.subarray(0, 20));
  rude.reset();
  t.match(await scene.record(1), { outcome: 'abandoned', reason: 'client-left' });
});

t.test('The allowlist judges the client, never the balancer.', async (t) => {
  await using scene = await behindBalancer({ branch: { allowedIps: ['203.0.113.7', '2001:db8::/64'] } });
  const from = async (source: string): Promise<RawClient> => {
    const family = source.includes(':') ? 'TCP6 ' : 'TCP4 ';
    const to = source.includes(':') ? '2001:db8::1' : '192.0.2.1';
    return await (await balanced(scene, line(`PROXY ${family}${source} ${to} 9 5432`))).requestTls();
  };
  await login(await from('203.0.113.7'));
  await login(await from('2001:db8::9'));
  for (const [index, source] of ['203.0.113.8', '2001:db8:0:1::9', TRUSTED].entries()) {
    const client = await from(source);
    sendStartup(client);
    t.match(await client.refusal(), {
      sqlstate: '28000',
      message: `This IP address ${source} is not allowed to connect to this endpoint.`,
    });
    t.match(await scene.record(index), { reason: 'address', address: source, via: TRUSTED });
  }
});

t.test('A limit by address counts clients, not their balancer.', async (t) => {
  await using scene = await behindBalancer({ limits: { connectionsPerAddress: 1 } });
  const from = async (last: number): Promise<RawClient> =>
    await (await balanced(scene, line(`PROXY TCP4 203.0.113.${last} 192.0.2.1 9 5432`))).requestTls();
  for (const last of [1, 2, 3]) await login(await from(last));
  const second = await from(1);
  sendStartup(second);
  t.match(await second.refusal(), { sqlstate: '53300', message: 'too many connections for this address' });
});

t.test('Guessing of passwords and of cancel keys counts for the client.', async (t) => {
  const seen: string[] = [];
  const note = async (address: Address): Promise<Verdict> => {
    seen.push(formatAddress(address));
    return ALLOWED;
  };
  const login = ({ address }: LoginAttempt): Promise<Verdict> => note(address);
  const throttle: Throttle = {
    logins: { check: login, failed: login, succeeded: login },
    cancels: { check: note, failed: async (address) => void (await note(address)) },
  };
  await using scene = await behindBalancer({ parts: { throttle } });
  const client = await (await balanced(scene, V1)).requestTls();
  sendStartup(client);
  await answerSasl(client, { password: 'wrong' });
  t.match(await client.refusal(), { sqlstate: '28P01' });
  const guess = await balanced(scene, V2);
  guess.send(cancelRequest(1, KEY));
  t.equal((await guess.closed()).length, 0);
  t.ok(seen.length >= 3, `${seen.length} times`);
  t.strictSame([...new Set(seen)], ['203.0.113.7']);
});

t.test('A cancel request is judged by the client’s address.', async (t) => {
  await using scene = await behindBalancer({ branch: { allowedIps: ['203.0.113.7'] } });
  const session = await (await balanced(scene, V1)).requestTls();
  const { pid, key } = await login(session);
  const foreign = await balanced(scene, line('PROXY TCP4 203.0.113.8 192.0.2.1 9 5432'));
  foreign.send(cancelRequest(pid, key));
  t.equal((await foreign.closed()).length, 0);
  t.match(await scene.record(), { kind: 'cancel', outcome: 'refused', reason: 'address' });
  t.strictSame(scene.upstream.cancels, []);
  const own = await balanced(scene, V2);
  own.send(cancelRequest(pid, key));
  t.equal((await own.closed()).length, 0);
  t.match(await scene.record(1), { kind: 'cancel', outcome: 'canceled', address: '203.0.113.7' });
  t.match(scene.upstream.cancels, [{ pid: PID, key: KEY }]);
});
