import fc from 'fast-check';
import t from 'tap';
import { draining } from '../../src/session/refusals.ts';
import { REQUEST_CODE } from '../../src/wire/protocol-version.ts';
import { hostileBytes } from '../support/arbitraries.ts';
import { login } from '../support/client-login.ts';
import { gssencRequest, openingPacket, sslRequest, startupMessage } from '../support/frontend-messages.ts';
import { Scene } from '../support/scene.ts';

t.test('SSLRequest is answered S, GSSENCRequest N, in either order.', async (t) => {
  await using scene = await Scene.open();
  const client = await scene.client();
  client.send(gssencRequest);
  t.equal((await client.inbox.read(1)).toString(), 'N');
  await client.requestTls();
  t.equal((await login(client)).letters, 'RSKZ');
  t.equal(client.secured.alpnProtocol, 'postgresql');
});

t.test('TLS after SSLRequest needs no ALPN, as older drivers send none.', async (t) => {
  await using scene = await Scene.open();
  const client = await (await scene.client()).requestTls({ ALPNProtocols: [] });
  t.equal((await login(client)).letters, 'RSKZ');
});

/** What nobody should send before TLS. */
const SILENT: readonly (readonly [title: string, bytes: Buffer, reason: string])[] = [
  ['a byte behind SSLRequest', Buffer.concat([sslRequest, Buffer.of(0)]), 'early-bytes'],
  [
    'a startup behind SSLRequest',
    Buffer.concat([sslRequest, startupMessage({ user: 'app' })]),
    'early-bytes',
  ],
  ['SSLRequest twice', Buffer.concat([sslRequest, sslRequest]), 'early-bytes'],
  ['a byte behind GSSENCRequest', Buffer.concat([gssencRequest, Buffer.of(0)]), 'early-bytes'],
  ['SSLRequest with a body', openingPacket(REQUEST_CODE.ssl, Buffer.alloc(4)), 'protocol'],
  ['GSSENCRequest with a body', openingPacket(REQUEST_CODE.gssEncryption, Buffer.alloc(1)), 'protocol'],
  ['protocol 2.0', openingPacket(0x0002_0000, Buffer.alloc(288)), 'protocol'],
  ['protocol 4.0', openingPacket(0x0004_0000, Buffer.from('user\0app\0\0')), 'protocol'],
  ['an unknown request code', openingPacket(0x04d2_1631), 'protocol'],
  ['a startup without terminator', openingPacket(0x0003_0000, Buffer.from('user\0app\0')), 'protocol'],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n'), 'protocol'],
  ['a typed message', Buffer.from('Q\0\0\0\x0dselect 1\0'), 'protocol'],
  ['an SSLv2 hello', Buffer.from('802e0100020015000000100100800200800300800400800500', 'hex'), 'protocol'],
  ['a TLS alert', Buffer.from('1503030002022800', 'hex'), 'protocol'],
  // Told apart before the rest of what is declared has come: nothing is kept for it.
  ...[0, 1, 4, 7, 10_001, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map(
    (length) =>
      [
        `a length of ${length}`,
        openingPacket(0x0003_0000, Buffer.from('user\0app\0\0'), length),
        'protocol',
      ] as const,
  ),
];

t.test('What must not come before TLS is closed without a word.', async (t) => {
  await using scene = await Scene.open();
  for (const [index, [title, bytes, reason]] of SILENT.entries()) {
    const client = await scene.client();
    client.send(bytes);
    t.equal((await client.closed()).length, 0, title);
    t.match(await scene.record(index), { outcome: 'refused', reason, kind: 'unknown' }, title);
  }
});

t.test('A second GSSENCRequest is closed without a word, however often the two alternate.', async (t) => {
  await using scene = await Scene.open();
  const client = await scene.client();
  client.send(gssencRequest);
  t.equal((await client.inbox.read(1)).toString(), 'N');
  client.send(gssencRequest);
  t.equal((await client.closed()).length, 0);
  t.match(await scene.record(), { reason: 'protocol', detail: 'a second GSSENCRequest' });
});

t.test('Whatever is sent before TLS, the answer is S, N, a FATAL about TLS or silence.', async (t) => {
  await using scene = await Scene.open();
  const insecure = /^[SN]{0,2}E.{4}SFATAL\0VFATAL\0C28000\0Mconnection is insecure/s;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constantFrom(sslRequest, gssencRequest), hostileBytes(60))),
      async (parts) => {
        const client = await scene.client();
        for (const part of parts) client.send(part);
        client.end();
        const said = (await client.closed()).toString('latin1');
        client.destroy();
        return /^[SN]{0,2}$/.test(said) || insecure.test(said);
      },
    ),
    { numRuns: 150, endOnFailure: true },
  );
  t.strictSame(scene.gate.journal.defects, []);
});

t.test('A client that leaves before TLS has abandoned its connection.', async (t) => {
  await using scene = await Scene.open();
  const halves = [Buffer.alloc(0), sslRequest.subarray(0, 1), sslRequest.subarray(0, 7), gssencRequest];
  for (const [index, bytes] of halves.entries()) {
    const client = await scene.client();
    client.send(bytes);
    client.end();
    await client.closed();
    t.match(await scene.record(index), { outcome: 'abandoned', reason: 'client-left' });
  }
  const client = await scene.client();
  client.reset();
  t.match(await scene.record(halves.length), { outcome: 'abandoned', reason: 'client-left' });
});

t.test('A connection in plain text that is cut says nothing.', async (t) => {
  await using scene = await Scene.open();
  const client = await scene.client();
  client.send(gssencRequest);
  await client.inbox.read(1);

  scene.cutAll(draining());
  t.equal((await client.closed()).length, 0);
  t.match(await scene.record(), { outcome: 'refused', reason: 'drain' });
});
