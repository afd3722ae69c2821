import type { ConnectionOptions } from 'node:tls';
import t from 'tap';
import { clientHello } from '../support/client-hello.ts';
import { login } from '../support/client-login.ts';
import { sslRequest } from '../support/frontend-messages.ts';
import { certificate, Scene } from '../support/scene.ts';

const ALPN = { ALPNProtocols: ['postgresql'] };

t.test('TLS 1.2 and 1.3 come in, the server proving its name.', async (t) => {
  await using scene = await Scene.open();
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const client = await scene.tlsClient({
      ca: certificate.cert,
      rejectUnauthorized: true,
      servername: 'localhost',
      minVersion: version,
      maxVersion: version,
    });
    t.equal(client.secured.getProtocol(), version);
    t.equal((await login(client)).letters, 'RSKZ');
  }
});

t.test('Direct TLS comes in with ALPN, also where others are offered beside it.', async (t) => {
  await using scene = await Scene.open();
  for (const names of [['postgresql'], ['h2', 'postgresql', 'http/1.1']]) {
    const client = await (await scene.client()).handshake({ ALPNProtocols: names });
    t.equal(client.secured.alpnProtocol, 'postgresql');
    t.equal((await login(client)).letters, 'RSKZ');
  }
});

t.test('Direct TLS without ALPN is closed before a word is said.', async (t) => {
  await using scene = await Scene.open();
  const client = await (await scene.client()).handshake();
  t.equal((await client.closed()).length, 0);
  t.match(await scene.record(), { outcome: 'refused', reason: 'alpn' });
});

const FAILING: readonly (readonly [title: string, options: ConnectionOptions, error: RegExp])[] = [
  ['another ALPN', { ALPNProtocols: ['h2'] }, /no application protocol/i],
  [
    'TLS 1.1',
    { ...ALPN, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    /version/,
  ],
  ['no shared cipher', { ...ALPN, maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }, /handshake failure/],
  [
    'a CA that did not sign ours',
    { ...ALPN, ca: [], rejectUnauthorized: true },
    /self-signed|unable to verify|DEPTH_ZERO/,
  ],
];

t.test('A handshake that fails ends its own connection only.', async (t) => {
  await using scene = await Scene.open();
  for (const [index, [title, options, error]] of FAILING.entries()) {
    await t.rejects((await scene.client()).handshake(options), { message: error }, title);
    const { outcome, reason } = await scene.record(index);
    // A TLS 1.3 client judges the certificate when the server has done its part, and leaves.
    t.match(`${outcome} ${reason}`, /^(refused tls|abandoned client-left)$/, title);
  }
  t.equal((await scene.session()).greeting.letters, 'RSKZ');
});

t.test('Garbage where a ClientHello is due ends the connection only.', async (t) => {
  await using scene = await Scene.open();
  const record = (body: string): Buffer => Buffer.from(`160301${body}`, 'hex');
  const garbage = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('802e0100020015000000100100800200800300800400800500', 'hex'),
    record(`0030${'00'.repeat(48)}`),
    record(`0005${'ff'.repeat(5)}`),
    record('ffff'),
    Buffer.from('15030300020228', 'hex'),
  ];
  for (const bytes of garbage) {
    const client = await scene.client();
    client.send(sslRequest);
    t.equal((await client.inbox.read(1)).toString(), 'S');
    client.send(bytes);
    client.end();
    await client.closed();
  }
  for (const bytes of garbage.slice(2, 5)) {
    const client = await scene.client();
    client.send(bytes);
    client.end();
    await client.closed();
  }
  const { journal } = scene.gate;
  await journal.record(8);
  t.ok(journal.records.every(({ outcome }) => outcome === 'refused' || outcome === 'abandoned'));
  t.match(journal.records[0], { outcome: 'refused', reason: 'tls' });
});

t.test('No name in SNI does harm, whatever bytes it has.', async (t) => {
  await using scene = await Scene.open();
  const names = [
    'ep-main\0.example.com',
    '127.0.0.1',
    'a'.repeat(255),
    `${'ep-a.'.repeat(40)}x`,
    '\xff\xfe\x00\x01ep-',
    '..',
    '*',
  ];
  for (const name of names) {
    const client = await scene.client();
    client.send(await clientHello(Buffer.from(name.padEnd(8, '.'), 'latin1')));
    // The ServerHello, or an alert: what follows the first record's type is not looked at.
    t.match((await client.inbox.read(1)).readUInt8(0).toString(16), /^1[56]$/, JSON.stringify(name));
    client.end();
    await client.closed();
  }
  await scene.gate.journal.record(names.length - 1);
  t.ok(scene.gate.journal.records.every(({ reason }) => reason === 'client-left' || reason === 'tls'));
  const client = await scene.tlsClient({ servername: 'EP-Main.Example.COM' });
  t.equal((await login(client)).letters, 'RSKZ', 'mixed case names the endpoint');
});

t.test('No session is resumed, by ticket or by id.', async (t) => {
  await using scene = await Scene.open();
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const range = { minVersion: version, maxVersion: version };
    const first = await (await scene.client()).handshake({ ...ALPN, ...range });
    const sessions: Buffer[] = [];
    first.secured.on('session', (session) => sessions.push(session));
    await login(first);
    const session = sessions[0] ?? first.secured.getSession();
    const second = await (await scene.client()).handshake({ ...ALPN, ...range, ...(session && { session }) });
    t.equal(second.secured.isSessionReused(), false, version);
    t.equal((await login(second)).letters, 'RSKZ');
  }
});

t.test('A client that leaves in the middle of its ClientHello is let go at once.', async (t) => {
  await using scene = await Scene.open();
  const hello = await clientHello(Buffer.from('ep-main.example'));
  for (const [index, length] of [1, 5, 6, 100, hello.length - 1].entries()) {
    const client = await scene.client();
    client.send(hello.subarray(0, length));
    client.end();
    await client.closed();
    t.match(await scene.record(index), { outcome: 'abandoned', reason: 'client-left' });
  }
  const client = await scene.client();
  client.send(hello.subarray(0, 100));
  await new Promise(setImmediate);
  client.reset();
  t.match(await scene.record(5), { outcome: 'abandoned' });
});
