import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import t from 'tap';
import type { Branch } from '../../src/catalog/model.ts';
import { loadClientAuthorities } from '../../src/net/client-authorities.ts';
import { TlsTerminator } from '../../src/net/tls-server.ts';
import type { ConnectionRecord } from '../../src/session/record.ts';
import { aBranch, aProject } from '../catalog/a-catalog.ts';
import { ClientAuthority, days, type IssueWish } from '../support/client-authority.ts';
import { answerSasl, login, sendStartup } from '../support/client-login.ts';
import { cancelRequest } from '../support/frontend-messages.ts';
import { selfSigned } from '../support/openssl.ts';
import { type ErrorSeen, errorSeen } from '../support/raw-client.ts';
import { aRole, certificate, Scene, verifier } from '../support/scene.ts';
import { certificateStore } from '../support/server-certificate.ts';

const dir = t.testdir();
const [ours, foreign] = await Promise.all([
  ClientAuthority.make(dir, 'ours'),
  ClientAuthority.make(dir, 'foreign'),
]);

let issued = 0;

/** What a client shows that has this certificate. */
async function client(wish: IssueWish = {}, authority = ours): Promise<ConnectionOptions> {
  issued += 1;
  const { cert, key } = await authority.issue(`client-${issued}`, wish);
  return { cert, key };
}

const good = await client({ san: 'DNS:till,email:app@example.com,URI:app' });
const revoked = await ours.issue('revoked');
await ours.revoke(revoked);
const self = await selfSigned(dir, 'self', { subject: '/CN=app' });
const selfMade = { cert: await readFile(self.cert, 'utf8'), key: await readFile(self.key, 'utf8') };
const lists = { current: await ours.list('current'), ended: await ours.list('ended', days(-9, -1)) };

/** A gate that asks clients for certificates of `ours`. */
async function open(branch: Partial<Branch> = {}, crl: string = lists.current): Promise<Scene> {
  const { authorities } = await loadClientAuthorities({ ca: ours.certPath, crl });
  const store = certificateStore(certificate, authorities);
  const dev = aBranch('br-dev', { endpoints: ['ep-dev'], allowedIps: ['192.0.2.1'] });
  return await Scene.open({
    branch: { roles: ['app', 'till', 'app@example.com'].map((name) => aRole(name, verifier)), ...branch },
    projects: (main) => [aProject('shop', [main, dev])],
    parts: { tls: new TlsTerminator(() => store) },
  });
}

interface Wish {
  readonly user?: string;
  readonly endpoint?: string;
}

/** A client that is to be let in, and leaves. */
async function comesIn(scene: Scene, shown: ConnectionOptions, wish: Wish = {}): Promise<ConnectionRecord> {
  const { user = 'app', endpoint = 'ep-main' } = wish;
  const place = scene.gate.journal.records.length;
  const client = await scene.tlsClient({ ...shown, servername: `${endpoint}.example.com` });
  await login(client, { user });
  client.end();
  return await scene.record(place);
}

/** A client that is to be refused before it is asked for a password. */
async function refused(
  scene: Scene,
  shown: ConnectionOptions,
  wish: Wish = {},
): Promise<{ readonly error: ErrorSeen; readonly record: ConnectionRecord }> {
  const { user = 'app', endpoint = 'ep-main' } = wish;
  const place = scene.gate.journal.records.length;
  const client = await scene.tlsClient({ ...shown, servername: `${endpoint}.example.com` });
  sendStartup(client, { user });
  const error = errorSeen(await client.expect('E'));
  await client.closed();
  return { error, record: await scene.record(place) };
}

const FATAL = { severity: 'FATAL', sqlstate: '28000' };
const REQUIRED = { ...FATAL, message: 'connection requires a valid client certificate' };

/** Certificates that nobody may come in with, the reason, and the list they are checked by. */
const BAD: readonly (readonly [reason: string, shown: ConnectionOptions, verdict: RegExp, list?: string])[] =
  [
    ['certificate-revoked', revoked, /CERT_REVOKED/],
    ['certificate-expired', await client({ period: days(-9, -1) }), /CERT_HAS_EXPIRED/],
    ['certificate-not-yet-valid', await client({ period: days(1, 9) }), /CERT_NOT_YET_VALID/],
    ['certificate-unknown-ca', await client({}, foreign), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
    ['certificate-self-signed', selfMade, /UNABLE_TO_GET_CRL/],
    ['certificate-crl-expired', good, /CRL_HAS_EXPIRED/, lists.ended],
    ['certificate-invalid', await client({ extensions: ['extendedKeyUsage=serverAuth'] }), /INVALID_PURPOSE/],
  ];

for (const rule of ['required', 'optional'] as const) {
  t.test(
    `Where a certificate is ${rule}, a bad one is refused with one text, and logged with its reason.`,
    async (t) => {
      for (const [reason, shown, verdict, list] of BAD) {
        await using scene = await open({ clientCertificate: rule }, list);
        const { error, record } = await refused(scene, shown);
        t.strictSame(error, REQUIRED, reason);
        t.match(record, {
          outcome: 'refused',
          reason,
          detail: verdict,
          role: 'app',
          branch: 'br-main',
          certificate: { commonName: 'app', fingerprint: /^[0-9a-f]{64}$/ },
        });
      }
    },
  );

  t.test(`Where a certificate is ${rule}, a good one comes in, and the password still counts.`, async (t) => {
    await using scene = await open({ clientCertificate: rule });
    t.match(await comesIn(scene, good), {
      outcome: 'closed',
      mechanism: 'SCRAM-SHA-256',
      certificate: { commonName: 'app', fingerprint: /^[0-9a-f]{64}$/ },
    });
    const client = await scene.tlsClient(good);
    sendStartup(client);
    await answerSasl(client, { password: 'wrong' });
    t.match(await client.refusal(), { sqlstate: '28P01' });
  });
}

t.test('Without a certificate: required refuses, optional and off do not.', async (t) => {
  await using required = await open({ clientCertificate: 'required' });
  const { error, record } = await refused(required, {});
  t.strictSame(error, REQUIRED);
  t.match(record, { reason: 'certificate-missing', detail: 'no client certificate was shown' });
  t.equal(record.certificate, undefined);
  for (const clientCertificate of ['optional', 'off'] as const) {
    await using scene = await open({ clientCertificate });
    t.match(await comesIn(scene, {}), { outcome: 'closed' }, clientCertificate);
  }
});

t.test('Where certificates are off, even a bad one is not looked at.', async (t) => {
  await using scene = await open({ clientCertificate: 'off' });
  for (const [reason, shown] of BAD) {
    t.match(await comesIn(scene, shown), { outcome: 'closed', certificate: { commonName: 'app' } }, reason);
  }
});

t.test('The common name must be the role, letter by letter.', async (t) => {
  await using scene = await open({ clientCertificate: 'required', clientCertificateRole: 'cn' });
  t.match(await comesIn(scene, good), { outcome: 'closed' });
  for (const [user, subject] of [
    ['app', '/CN=App'],
    ['app', '/CN=app '],
    ['app', '/CN=*'],
    ['app', '/O=app'],
    ['app', '/CN=app/CN=app'],
    ['till', '/CN=app'],
    ['nobody', '/CN=app'],
  ] as const) {
    const { error, record } = await refused(scene, await client({ subject, san: 'DNS:app' }), { user });
    t.strictSame(error, {
      ...FATAL,
      message: `certificate authentication failed for user "${user}"`,
    });
    t.match(record, { reason: 'certificate-role', role: user });
  }
});

t.test('One of the DNS names or mail addresses must be the role, letter by letter.', async (t) => {
  await using scene = await open({ clientCertificate: 'required', clientCertificateRole: 'san' });
  for (const user of ['till', 'app@example.com']) {
    t.match(await comesIn(scene, good, { user }), { outcome: 'closed', role: user });
  }
  // `app` is its common name and its URI.
  t.match(await refused(scene, good), { record: { reason: 'certificate-role' } });
  const mail = await client({ san: 'email:till' });
  t.match(await comesIn(scene, mail, { user: 'till' }), { outcome: 'closed' });
  for (const san of ['DNS:TILL', 'DNS:*', 'DNS:till.', 'URI:till', 'IP:127.0.0.1']) {
    const shown = await client({ subject: '/CN=till', san });
    const { record } = await refused(scene, shown, { user: 'till' });
    t.equal(record.reason, 'certificate-role', san);
  }
});

t.test('A name is asked only of a certificate that is shown, and a bad one is told as such.', async (t) => {
  await using scene = await open({ clientCertificateRole: 'cn' });
  t.match(await comesIn(scene, {}), { outcome: 'closed' });
  const shown = await client({ subject: '/CN=other', period: days(-9, -1) });
  t.match(await refused(scene, shown), { error: REQUIRED, record: { reason: 'certificate-expired' } });
});

t.test('The address is looked at before the certificate.', async (t) => {
  await using scene = await open();
  const { error } = await refused(scene, revoked, { endpoint: 'ep-dev' });
  t.match(error, { message: /^This IP address 127\.0\.0\.1 is not allowed/ });
});

t.test(
  'An endpoint that does not exist answers as one whose branch leaves certificates optional.',
  async (t) => {
    await using scene = await open();
    for (const [reason, shown] of BAD.slice(0, 5)) {
      const known = await refused(scene, shown);
      const unknown = await refused(scene, shown, { endpoint: 'ep-nowhere' });
      t.strictSame(unknown.error, known.error, reason);
      t.equal(unknown.record.reason, reason);
    }
    for (const shown of [{}, good]) {
      for (const endpoint of ['ep-main', 'ep-nowhere']) {
        const client = await scene.tlsClient({ ...shown, servername: `${endpoint}.example.com` });
        sendStartup(client, { user: 'nobody' });
        await answerSasl(client);
        t.match(await client.refusal(), { sqlstate: '28P01' }, endpoint);
      }
    }
  },
);

t.test('A role that does not exist is asked for its password, as any other.', async (t) => {
  await using scene = await open({ clientCertificate: 'required', clientCertificateRole: 'cn' });
  const visitor = await scene.tlsClient(await client({ subject: '/CN=nobody' }));
  sendStartup(visitor, { user: 'nobody' });
  await answerSasl(visitor);
  t.match(await visitor.refusal(), { message: 'password authentication failed for user "nobody"' });
});

t.test('A cancel request needs its key, and no certificate.', async (t) => {
  await using scene = await open({ clientCertificate: 'required' });
  const client = await scene.tlsClient();
  client.send(cancelRequest(1, Buffer.alloc(4)));
  t.equal((await client.closed()).length, 0);
  t.match(await scene.record(), { kind: 'cancel' });
});

t.test(
  'A common name from a stranger reaches the record as it is, and the client never reads it.',
  async (t) => {
    await using scene = await open();
    const shown = await client({ subject: '/CN=\u001b[31mroot' }, foreign);
    const { error, record } = await refused(scene, shown);
    t.equal(record.certificate?.commonName, '\u001b[31mroot');
    t.strictSame(error, REQUIRED);
  },
);
