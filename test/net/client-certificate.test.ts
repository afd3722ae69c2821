import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { CertificateStore } from '../../src/net/certificate-store.ts';
import { type ClientAuthorities, loadClientAuthorities } from '../../src/net/client-authorities.ts';
import { clientCertificateOf } from '../../src/net/client-certificate.ts';
import { TlsTerminator } from '../../src/net/tls-server.ts';
import type { ClientCertificate } from '../../src/session/client-certificate.ts';
import { ClientAuthority, days, type Issued } from '../support/client-authority.ts';
import { openssl, selfSigned } from '../support/openssl.ts';

const dir = t.testdir();
const [ours, foreign, namesake] = await Promise.all([
  ClientAuthority.make(dir, 'ours'),
  ClientAuthority.make(dir, 'foreign'),
  ClientAuthority.make(dir, 'namesake', '/CN=ours'),
]);
const between = await ours.below('between');
const good = await ours.issue('good', { san: 'DNS:app,email:app@example.com' });
const revoked = await ours.issue('revoked');
await ours.revoke(revoked);
// The authority of the clients has issued the gateway's own certificates, too; the file holds no chain.
const server = await ours.issue('server', { subject: '/CN=localhost', san: 'DNS:localhost' });
const second = await selfSigned(dir, 'second', {
  san: 'DNS:second.example',
  with: ['-newkey', 'rsa:2048'],
});
const PAIRS = [{ cert: server.certPath, key: server.keyPath }, second];

/** A store that checks clients by our authority, and by this list where there is one. */
async function storeWith(crl?: string): Promise<CertificateStore> {
  return await CertificateStore.load(PAIRS, { minVersion: 'TLSv1.2', clients: { ca: ours.certPath, crl } });
}

interface Served {
  readonly certificate: ClientCertificate | undefined;
  readonly binding: Buffer | undefined;
}

/**
 * A port where every connection is led into TLS; `next` is what the server's side of the next one came to. `direct`:
 * the first bytes are looked at before, as where TLS may come without an SSLRequest.
 */
async function serve(
  t: Test,
  store: CertificateStore,
  way: 'requested' | 'direct' = 'requested',
): Promise<{ port: number; next: () => Promise<Served> }> {
  const terminator = new TlsTerminator(() => store);
  const sockets = new Set<Socket>();
  const served: Promise<Served>[] = [];
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const first = way === 'direct' ? once(socket, 'readable') : Promise.resolve();
    const secured = first.then(() => terminator.handshake(socket, new AbortController().signal));
    served.push(secured);
    // Said only when the server has seen all: a client of TLS 1.3 is done earlier.
    secured.then(({ stream }) => stream.end('hello')).catch(() => socket.destroy());
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const { port } = listener.address() as AddressInfo;
  return { port, next: async () => await (served.shift() ?? Promise.reject(new Error('nobody came'))) };
}

/** What a client saw. */
interface Seen {
  readonly subject: string | undefined;
  readonly resumed: boolean;
  readonly session: Buffer | undefined;
}

/** Connects, hears the server's word and leaves when it does. */
async function visit(port: number, options: ConnectionOptions = {}): Promise<Seen> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  let session: Buffer | undefined;
  socket.on('session', (given) => {
    session = given;
  });
  await once(socket, 'data');
  const { subject } = socket.getPeerX509Certificate() ?? {};
  const resumed = socket.isSessionReused();
  socket.end();
  await once(socket, 'close');
  return { subject, resumed, session };
}

function showing(
  { cert, key }: Pick<Issued, 'cert' | 'key'>,
  ...chain: readonly string[]
): ConnectionOptions {
  return { cert: [cert, ...chain].join(''), key };
}

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

for (const version of VERSIONS) {
  const only = { minVersion: version, maxVersion: version };

  t.test(`In ${version} a client certificate is known when the handshake is done.`, async (t) => {
    const { port, next } = await serve(t, await storeWith(await ours.list('list')));
    for (const servername of [undefined, 'localhost', 'second.example']) {
      await visit(port, { ...only, ...showing(good), ...(servername && { servername }) });
      const { certificate } = await next();
      t.match(certificate, {
        commonName: 'app',
        sans: { dns: ['app'], email: ['app@example.com'], uri: [] },
        fingerprint: /^[0-9a-f]{64}$/,
        problem: undefined,
      });
      const printed = await openssl('x509', '-in', good.certPath, '-noout', '-fingerprint', '-sha256');
      t.match(printed.replaceAll(':', '').toLowerCase(), String(certificate?.fingerprint));
    }
    await visit(port, only);
    t.equal((await next()).certificate, undefined, 'and a client without one comes in');
  });

  t.test(`In ${version} a session is not resumed past the check.`, async (t) => {
    const { port, next } = await serve(t, await storeWith());
    const { session } = await visit(port, { ...only, ...showing(good) });
    t.ok(session, 'there is something to try with');
    await next();
    const again = await visit(port, { ...only, ...(session && { session }) });
    t.equal(again.resumed, false);
    t.equal((await next()).certificate, undefined);
  });
}

t.test('Direct TLS, whose ClientHello is there already, checks clients all the same.', async (t) => {
  const { port, next } = await serve(t, await storeWith(), 'direct');
  for (const servername of [undefined, 'localhost']) {
    const alpn = { ALPNProtocols: ['postgresql'], ...(servername && { servername }) };
    await visit(port, { ...alpn, ...showing(good) });
    t.match(await next(), { certificate: { commonName: 'app', problem: undefined } });
    await visit(port, { ...alpn, ...showing(await foreign.issue('stranger')) });
    t.match(await next(), { certificate: { problem: { fault: 'unknown-ca' } } });
  }
});

const self = await selfSigned(dir, 'self');
const selfMade = { cert: await readFile(self.cert, 'utf8'), key: await readFile(self.key, 'utf8') };
const expired = await ours.issue('expired', { period: days(-9, -1) });
const early = await ours.issue('early', { period: days(1, 9) });
const forServers = await ours.issue('for-servers', { extensions: ['extendedKeyUsage=serverAuth'] });
const foreigner = await foreign.issue('foreigner');
const expiredForeigner = await foreign.issue('expired', { period: days(-9, -1) });
const imposter = await namesake.issue('imposter');
const below = await between.issue('below');

/** With a list, without one, and what each certificate is then. */
const FAULTS: readonly (readonly [
  title: string,
  shown: ConnectionOptions,
  unlisted: string | undefined,
  listed: string | undefined,
])[] = [
  ['good', showing(good), undefined, undefined],
  ['revoked', showing(revoked), undefined, 'revoked'],
  ['expired', showing(expired), 'expired', 'expired'],
  ['not yet valid', showing(early), 'not-yet-valid', 'not-yet-valid'],
  ['self-signed', showing(selfMade), 'self-signed', 'self-signed'],
  ['of a foreign authority', showing(foreigner), 'unknown-ca', 'unknown-ca'],
  ['of a foreign authority, sent along', showing(foreigner, foreign.cert), 'unknown-ca', 'unknown-ca'],
  ['of a foreign authority, and expired', showing(expiredForeigner), 'unknown-ca', 'unknown-ca'],
  ['of a namesake of our authority', showing(imposter), 'unknown-ca', 'unknown-ca'],
  ['of a namesake, sent along', showing(imposter, namesake.cert), 'unknown-ca', 'unknown-ca'],
  ['an authority of ours, below which is nobody', showing(below), 'unknown-ca', 'unknown-ca'],
  ['of an authority below ours that has no list', showing(below, between.cert), undefined, 'invalid'],
  ['for servers only', showing(forServers), 'invalid', 'invalid'],
];

t.test('Every certificate that is not good is so for its own reason, with and without a list.', async (t) => {
  const without = await serve(t, await storeWith());
  const withList = await serve(t, await storeWith(await ours.list('faults')));
  for (const [title, shown, unlisted, listed] of FAULTS) {
    await visit(without.port, shown);
    t.equal((await without.next()).certificate?.problem?.fault, unlisted, `${title}, without a list`);
    await visit(withList.port, shown);
    t.equal((await withList.next()).certificate?.problem?.fault, listed, `${title}, with one`);
  }
});

t.test('An ended list vouches for nobody.', async (t) => {
  const { port, next } = await serve(t, await storeWith(await ours.list('ended', days(-9, -1))));
  for (const client of [good, revoked]) {
    await visit(port, showing(client));
    t.match(await next(), { certificate: { problem: { fault: 'crl-expired', verdict: 'CRL_HAS_EXPIRED' } } });
  }
});

async function authoritiesOf(ca: string, crl?: string): Promise<ClientAuthorities> {
  const { authorities, problems } = await loadClientAuthorities({ ca, crl });
  if (authorities === undefined) throw new Error(problems[0]?.message);
  return authorities;
}

t.test('A good certificate is judged again by the authorities and lists that have come since.', async (t) => {
  const used = await authoritiesOf(ours.certPath);
  let current: ClientAuthorities | undefined = used;
  const shown = clientCertificateOf(socketOf({ authorized: true }), { used, current: () => current });
  t.equal(shown?.problem, undefined);
  current = await authoritiesOf(ours.certPath);
  t.equal(shown?.problem, undefined);
  for (const none of [await authoritiesOf(foreign.certPath), undefined]) {
    current = none;
    t.strictSame(shown?.problem, { fault: 'unknown-ca', verdict: 'UNABLE_TO_GET_ISSUER_CERT' });
  }
  await ours.revoke(good);
  current = await authoritiesOf(ours.certPath, await ours.list('good-revoked'));
  t.strictSame(shown?.problem, { fault: 'revoked', verdict: 'CERT_REVOKED' });
});

/** A socket of a runtime that tells its verdict otherwise than node 24. */
function socketOf(telling: object): TLSSocket {
  const certificate = new X509Certificate(good.cert);
  return { getPeerX509Certificate: () => certificate, ...telling } as unknown as TLSSocket;
}

t.test('A verdict that Bun tells counts; where none is told, no certificate is good.', async (t) => {
  const used = await authoritiesOf(ours.certPath);
  const checks = { used, current: () => used };
  const verdictOf = (telling: object) => clientCertificateOf(socketOf(telling), checks)?.problem;
  const error = Object.assign(new Error('certificate revoked'), { code: 'CERT_REVOKED' });
  t.equal(verdictOf({ authorized: true, authorizationError: null }), undefined);
  for (const authorizationError of [error, 'CERT_REVOKED']) {
    t.match(verdictOf({ authorized: false, authorizationError }), {
      fault: 'revoked',
      verdict: 'CERT_REVOKED',
    });
  }
  const untold = { fault: 'invalid', verdict: 'UNSPECIFIED' };
  for (const telling of [
    { authorized: false },
    { authorized: false, authorizationError: 'something' },
    { authorized: false, _handle: {} },
    { authorized: false, _handle: null },
    { authorized: true, _handle: { verifyError: 'no function' } },
    { authorized: true, _handle: { verifyError: () => new Error('without a code') } },
  ]) {
    t.strictSame(verdictOf(telling), untold, JSON.stringify(telling));
  }
});

/** What `openssl s_client` sees; it ends badly where nobody vouches for the server. */
function sClient(port: number, ...options: readonly string[]): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-showcerts', ...options];
  execFile('openssl', args, (_, stdout) => resolve(stdout));
  return promise;
}

t.test(
  'What clients are checked by is asked for by name, and never shown as the gateway’s own.',
  async (t) => {
    const plain = await serve(t, await CertificateStore.load(PAIRS, { minVersion: 'TLSv1.2' }));
    const asking = await serve(t, await storeWith());
    for (const flags of [['-tls1_2'], ['-tls1_3'], ['-servername', 'localhost'], ['-noservername']]) {
      const before = await sClient(plain.port, ...flags);
      const after = await sClient(asking.port, ...flags);
      const chain = (output: string) => output.split('-----').filter((_, index) => index % 4 === 2);
      t.equal(chain(before).length, 1, 'the file holds no chain');
      t.strictSame(chain(after), chain(before), flags.join(' '));
      t.match(before, /No client certificate CA names sent/);
      t.match(after, /Acceptable client certificate CA names\nCN = ours\n/);
    }
  },
);

t.test('The certificate that SNI names is shown, with its binding, whatever its kind of key.', async (t) => {
  const { port, next } = await serve(t, await storeWith());
  const bindings = new Set<string | undefined>();
  for (const [servername, subject] of [
    ['localhost', 'CN=localhost'],
    ['second.example', 'CN=second'],
  ]) {
    const seen = await visit(port, { servername, ...showing(good) });
    t.equal(seen.subject, subject);
    const { binding, certificate } = await next();
    bindings.add(binding?.toString('hex'));
    t.equal(certificate?.problem, undefined);
  }
  t.equal(bindings.size, 2);
});
