import { createHash, X509Certificate } from 'node:crypto';
import { appendFile, readFile, rm } from 'node:fs/promises';
import fc from 'fast-check';
import t from 'tap';
import { CertificateFilesError } from '../../src/net/certificate-problem.ts';
import { CertificateStore, type ServerCertificate } from '../../src/net/certificate-store.ts';
import { EC, selfSigned } from '../support/openssl.ts';
import { handshake, tlsServer } from '../support/tls-server.ts';

const OPTIONS = { minVersion: 'TLSv1.2' } as const;

const dir = t.testdir();
const pairs = [
  await selfSigned(dir, 'first', { san: 'DNS:first.example,IP:127.0.0.1' }),
  await selfSigned(dir, 'wild', { san: 'DNS:*.DB.example,DNS:*' }),
  await selfSigned(dir, 'exact', { san: 'DNS:ep-1.db.example,DNS:first.example' }),
];
const store = await CertificateStore.load(pairs, OPTIONS);

/** Name of the certificate that a client with this SNI gets. */
function chosen(servername: string | undefined): string {
  return nameOf(store.select(servername));
}

function nameOf(certificate: ServerCertificate): string {
  return /(\w+)\.crt$/.exec(certificate.certPath)?.[1] ?? '';
}

t.test('A name gets the certificate that names it, before one with a wildcard.', async (t) => {
  t.equal(chosen('ep-1.db.example'), 'exact');
  t.equal(chosen('EP-1.db.EXAMPLE'), 'exact');
  t.equal(chosen('ep-2.db.example'), 'wild');
  t.equal(chosen('first.example'), 'first', 'the first of two that name it');
});

t.test('Any other name, and none, get the first certificate.', async (t) => {
  const others = [
    undefined,
    '',
    'db.example',
    'a.b.db.example',
    'localhost',
    '127.0.0.1',
    '::1',
    '*.db.example',
  ];
  const hostile = [
    'ep-1.db.example\0',
    'a\0.db.example',
    '.db.example',
    `${'a'.repeat(10_000)}.db.example`,
    'x',
  ];
  for (const name of [...others, ...hostile])
    t.equal(chosen(name), 'first', JSON.stringify(name)?.slice(0, 30));
});

t.test('Whatever a client asks for, it gets one of the certificates.', async (t) => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.ipV4(), fc.ipV6());
  const prefixed = text.map((name) => `${name}.db.example`);
  fc.assert(fc.property(fc.oneof(text, prefixed), (name) => store.certificates.includes(store.select(name))));
  t.pass();
});

t.test('A TLS client is shown the certificate of the name that it asks for.', async (t) => {
  const port = await tlsServer(t, (servername) => store.select(servername).context);
  t.equal((await handshake(port)).shown, 'CN=first');
  t.equal((await handshake(port, { servername: 'ep-1.db.example' })).shown, 'CN=exact');
  t.equal((await handshake(port, { servername: 'ep-9.DB.example' })).shown, 'CN=wild');
  t.equal((await handshake(port, { servername: 'other.example' })).shown, 'CN=first');
});

t.test('A session of one endpoint is not resumed in another.', async (t) => {
  const port = await tlsServer(t, (servername) => store.select(servername).context);
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const only = { minVersion: version, maxVersion: version };
    const { session } = await handshake(port, { ...only, servername: 'ep-1.db.example' });
    const second = await handshake(port, { ...only, session, servername: 'ep-2.db.example' });
    t.strictSame([second.resumed, second.shown], [false, 'CN=wild'], version);
  }
});

t.test('A certificate knows its names, its dates, its files and its channel binding.', async (t) => {
  const [first] = store.certificates;
  const parsed = new X509Certificate(await readFile(`${dir}/first.crt`));
  t.match(first, {
    binding: createHash('sha256').update(parsed.raw).digest(),
    dnsNames: ['first.example'],
    notBefore: parsed.validFromDate,
    notAfter: parsed.validToDate,
    certPath: `${dir}/first.crt`,
    keyPath: `${dir}/first.key`,
  });
  t.match(store.warnings, []);
});

t.test('With Ed25519 there is no channel binding, and the log is warned.', async (t) => {
  const unbound = await selfSigned(t.testdir(), 'ed', { san: 'DNS:ed', with: ['-newkey', 'ed25519'] });
  const { certificates, warnings } = await CertificateStore.load([unbound], OPTIONS);
  t.equal(certificates[0]?.binding, undefined);
  t.match(warnings, [{ file: unbound.cert, severity: 'warning' }]);
});

t.test('Every problem of every pair is told at once, in one line.', async (t) => {
  const dir = t.testdir();
  const a = await selfSigned(dir, 'a', { with: EC });
  const b = await selfSigned(dir, 'b', { san: 'DNS:b' });
  const c = await selfSigned(dir, 'c', { san: 'DNS:c' });
  await Promise.all([rm(b.key), appendFile(c.cert, '-----BEGIN CERTIFICATE-----\n')]);
  const error = await CertificateStore.load([a, b, c], OPTIONS).catch((error) => error);
  t.ok(error instanceof CertificateFilesError);
  t.equal(error.message, `${b.key}: no such file; ${c.cert}: a certificate in it is cut short: no END line`);
  t.match(
    error.problems.map((problem: { severity: string }) => problem.severity),
    ['warning', 'error', 'error'],
  );
});

t.test('There is no store without a certificate.', async (t) => {
  await t.rejects(CertificateStore.load([], OPTIONS), RangeError);
});
