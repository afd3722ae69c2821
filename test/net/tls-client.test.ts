import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import t from 'tap';
import type { UpstreamTarget } from '../../src/catalog/model.ts';
import { issueServerCertificate, makeAuthority, SERIAL_BYTES } from '../../src/certificates/authority.ts';
import { DAY_MS } from '../../src/certificates/lifetimes.ts';
import { dial } from '../../src/net/dial.ts';
import { endPointBinding } from '../../src/scram/channel-binding.ts';
import { type UpstreamConnection, UpstreamUnreachable } from '../../src/upstream/ports.ts';
import { anUpstream } from '../catalog/a-catalog.ts';
import type { Conversation } from '../support/conversation.ts';
import { message } from '../support/frontend-messages.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { type TestCertificate, testCertificate } from '../support/server-certificate.ts';
import { close, expect, hang, reset, type Script, send, tls } from '../support/upstream-steps.ts';

const good = await testCertificate();
const otherName = await testCertificate({ san: 'DNS:db.example.com,IP:192.0.2.1' });
const stranger = await testCertificate();
const expired = expiredCertificate();

const S = send(Buffer.from('S'));
const secured = (certificate: TestCertificate): Script => [
  expect('ssl-request'),
  S,
  tls(certificate),
  send(Buffer.of(0)),
  hang,
];

interface Dialled {
  readonly connection?: UpstreamConnection;
  readonly error?: unknown;
  readonly conversation: Conversation;
  readonly left: number;
}

async function dialInto(script: Script, target: Partial<UpstreamTarget>): Promise<Dialled> {
  const upstream = await ScriptedUpstream.open({ scripts: [script] });
  const { host, port } = upstream;
  try {
    const outcome = await dial(anUpstream({ host, port, ...target }), new AbortController().signal).then(
      (connection) => ({ connection }),
      (error: unknown) => ({ error }),
    );
    if ('connection' in outcome) {
      // A byte from the server says that it, too, is done with the handshake.
      await once(outcome.connection.stream, 'readable');
      outcome.connection.stream.destroy();
    }
    await upstream.deserted();
    return { ...outcome, conversation: upstream.conversation(), left: upstream.connections };
  } finally {
    upstream.close();
  }
}

/** Which certificates each way of verifying takes, as the manual's 34.19 says. */
const MODES: Readonly<Record<string, { target: Partial<UpstreamTarget>; takes: readonly string[] }>> = {
  'verify-full': { target: { sslmode: 'verify-full', sslrootcert: good.cert }, takes: ['good'] },
  'verify-full of a name': {
    target: { sslmode: 'verify-full', sslrootcert: good.cert, host: 'localhost' },
    takes: ['good'],
  },
  'verify-full, its authority trusted': {
    target: { sslmode: 'verify-full', sslrootcert: otherName.cert + expired.ca },
    takes: [],
  },
  'verify-ca': { target: { sslmode: 'verify-ca', sslrootcert: good.cert }, takes: ['good'] },
  'verify-ca, its authority trusted': {
    target: { sslmode: 'verify-ca', sslrootcert: otherName.cert + expired.ca },
    takes: ['otherName'],
  },
  'require with an authority': {
    target: { sslmode: 'require', sslrootcert: otherName.cert + expired.ca },
    takes: ['otherName'],
  },
  require: { target: { sslmode: 'require' }, takes: ['good', 'otherName', 'stranger', 'expired'] },
  'verify-full by the world’s authorities': { target: { sslmode: 'verify-full' }, takes: [] },
  'verify-ca by the world’s authorities': { target: { sslmode: 'verify-ca' }, takes: [] },
};

for (const [mode, { target, takes }] of Object.entries(MODES)) {
  t.test(`${mode} takes ${takes.join(', ') || 'none'} of four certificates.`, async (t) => {
    for (const [name, certificate] of Object.entries({ good, otherName, stranger, expired })) {
      const { connection, error, left } = await dialInto(secured(certificate), target);
      if (takes.includes(name)) t.equal(connection?.tls, true, name);
      else t.type(error, UpstreamUnreachable, name);
      t.equal(left, 0, name);
    }
  });
}

t.test('The connection knows what SCRAM binds it to, and ALPN names the protocol.', async (t) => {
  const target = { sslmode: 'verify-full', sslrootcert: good.cert, host: 'localhost' } as const;
  const { connection, conversation } = await dialInto(secured(good), target);
  t.strictSame(connection?.binding, endPointBinding(new X509Certificate(good.cert).raw));
  t.match(conversation.stream, { alpnProtocol: 'postgresql', servername: 'localhost' });
});

t.test('An address is not sent as a server name.', async (t) => {
  const { conversation } = await dialInto(secured(good), { sslmode: 'require' });
  t.notOk((conversation.stream as { servername?: unknown }).servername);
});

const ERROR = message('E', 'SFATAL\0VFATAL\0C28000\0Mgive me your password\0\0');

/** Answers to SSLRequest that end the connection. */
const ANSWERS: Readonly<Record<string, readonly [Script, RegExp]>> = {
  N: [[send(Buffer.from('N'))], /does not speak TLS/],
  'an ErrorResponse': [[send(ERROR)], /neither S nor N/],
  'another byte': [[send(Buffer.from('s'))], /neither S nor N/],
  'a byte behind S': [[send(Buffer.from('S!'))], /bytes behind its answer/],
  'a message behind S': [[send(Buffer.from('S'), ERROR)], /bytes behind its answer/],
  'a message behind S, a moment later': [
    [S, { kind: 'do', work: () => new Promise(setImmediate) }, send(ERROR)],
    /./,
  ],
  'a close': [[close], /connection closed/],
  'a reset': [[reset], /./],
  'S and a close': [[S, close], /./],
  'S and a reset': [[S, reset], /./],
};

for (const [answer, [says, why]] of Object.entries(ANSWERS)) {
  t.test(
    `SSLRequest answered with ${answer} makes the upstream unreachable; nothing of it is believed.`,
    async (t) => {
      for (const sslmode of ['require', 'verify-full'] as const) {
        const { error, conversation, left } = await dialInto([expect('ssl-request'), ...says, hang], {
          sslmode,
        });
        t.type(error, UpstreamUnreachable);
        t.match(error, { message: why });
        t.notMatch(String(error), /password/);
        t.equal(conversation.startup, undefined);
        t.equal(left, 0);
      }
    },
  );
}

/** The day before yesterday's, by an authority that is good. */
function expiredCertificate(): TestCertificate & { readonly ca: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const now = Date.now();
  const since = (days: number): Date => new Date(now - days * DAY_MS);
  const serial = (): Buffer => randomBytes(SERIAL_BYTES);
  const ca = makeAuthority({
    commonName: 'Test CA',
    serial: serial(),
    privateKeyPem: key,
    notBefore: since(9),
    notAfter: since(-9),
  });
  const cert = issueServerCertificate({
    authority: { certificatePem: ca, privateKeyPem: key },
    names: { dns: ['localhost'], ip: ['127.0.0.1'] },
    serial: serial(),
    publicKeyPem,
    notBefore: since(4),
    notAfter: since(2),
  });
  return { cert, key, ca };
}
