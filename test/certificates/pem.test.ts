import { readFile } from 'node:fs/promises';
import t from 'tap';
import { CertificateError, reasonOf } from '../../src/certificates/error.ts';
import { parseCertificate, splitCertificates } from '../../src/certificates/pem.ts';
import { selfSigned } from '../support/openssl.ts';

t.test('A file is split into its certificates, in its order, other blocks left out.', async (t) => {
  const dir = t.testdir();
  const [a, b] = await Promise.all([selfSigned(dir, 'a'), selfSigned(dir, 'b')]);
  const texts = await Promise.all([b.cert, a.key, a.cert].map((path) => readFile(path, 'utf8')));
  const subjects = splitCertificates(`Subject: b\n${texts.join('\n')}`).map(
    (pem) => parseCertificate(pem).subject,
  );
  t.strictSame(subjects, ['CN=b', 'CN=a']);
  const windows = splitCertificates(texts.join('\n').replaceAll('\n', '\r\n'));
  t.strictSame(
    windows.map((pem) => parseCertificate(pem).subject),
    ['CN=b', 'CN=a'],
  );
});

t.test('A file without a certificate, or with one cut short, is refused.', async (t) => {
  const { cert } = await selfSigned(t.testdir(), 'a');
  const pem = await readFile(cert, 'utf8');
  t.throws(() => splitCertificates(''), { name: 'CertificateError', message: /no certificate in PEM form/ });
  t.throws(() => splitCertificates('hello'), CertificateError);
  for (const length of [40, pem.length / 2, pem.length - 5]) {
    t.throws(() => splitCertificates(pem.slice(0, length)), { message: /cut short/ }, `${length} bytes`);
  }
  t.throws(() => splitCertificates(pem + pem.slice(0, 100)), { message: /cut short/ }, 'a second one');
});

t.test('A block that is no certificate is refused with OpenSSL’s reason.', async (t) => {
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
  t.throws(() => parseCertificate(pem), { message: /^not a readable X\.509 certificate: [a-z ]+$/ });
});

t.test('Of an OpenSSL or BoringSSL error only the reason is told.', async (t) => {
  t.equal(reasonOf(new Error('error:0A00018F:SSL routines::ee key too small')), 'ee key too small');
  const boring = 'error:0900006e:PEM routines:OPENSSL_internal:NO_START_LINE';
  t.equal(reasonOf(new Error(boring)), 'no start line');
  t.equal(reasonOf(new Error('something else')), 'something else');
  t.equal(reasonOf('text'), 'text');
});
