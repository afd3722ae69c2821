import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { issueServerCertificate, makeAuthority, SERIAL_BYTES } from '../../src/certificates/authority.ts';
import { DAY_MS, MAX_SERVER_DAYS, validityFrom } from '../../src/certificates/lifetimes.ts';
import type { SubjectNames } from '../../src/certificates/names.ts';
import { parseCertificate } from '../../src/certificates/pem.ts';
import { openssl, selfSigned } from '../support/openssl.ts';

const NAMES: SubjectNames = { dns: ['db.example', '*.db.example', 'my_db'], ip: ['127.0.0.1', '::1'] };
const NOW = new Date();
const privateKeyPem = newRsaKey();
const publicKeyPem = createPublicKey(newRsaKey()).export({ type: 'spki', format: 'pem' }).toString();
const certificatePem = makeAuthority({
  commonName: 'Grüße CA',
  ...validityFrom(NOW, 3650),
  serial: Buffer.alloc(SERIAL_BYTES, 0xff),
  privateKeyPem,
});

function newRsaKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function issue(change: Partial<Parameters<typeof issueServerCertificate>[0]> = {}): string {
  return issueServerCertificate({
    authority: { certificatePem, privateKeyPem },
    names: NAMES,
    ...validityFrom(NOW, MAX_SERVER_DAYS),
    serial: Buffer.alloc(SERIAL_BYTES),
    publicKeyPem,
    ...change,
  });
}

t.test(
  'OpenSSL’s strict check accepts authority and server certificate, by name and by address.',
  async (t) => {
    const dir = t.testdir({ 'ca.crt': certificatePem, 'server.crt': issue() });
    const verify = async (...more: string[]): Promise<string> => {
      const strict = [
        '-x509_strict',
        '-check_ss_sig',
        '-purpose',
        'sslserver',
        '-CAfile',
        join(dir, 'ca.crt'),
      ];
      return await openssl('verify', ...strict, ...more, join(dir, 'server.crt'));
    };
    for (const host of ['db.example', 'ep-1.db.example', 'my_db']) {
      t.match(await verify('-verify_hostname', host), /server\.crt: OK/, host);
    }
    for (const ip of ['127.0.0.1', '::1']) t.match(await verify('-verify_ip', ip), /server\.crt: OK/, ip);
    await t.rejects(verify('-verify_hostname', 'other.example'));
  },
);

t.test('The authority signs server certificates only, and the server certificate serves only.', async (t) => {
  const dir = t.testdir({ 'ca.crt': certificatePem, 'server.crt': issue() });
  const text = async (file: string): Promise<string> => {
    return await openssl('x509', '-noout', '-text', '-nameopt', 'utf8', '-in', join(dir, file));
  };
  const authority = await text('ca.crt');
  t.match(authority, /Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/);
  t.match(authority, /Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
  t.match(authority, /Subject: CN=Grüße CA\n/);
  t.match(authority, /sha256WithRSAEncryption/);
  const server = await text('server.crt');
  t.match(server, /Basic Constraints: critical\s+CA:FALSE\n/);
  t.match(server, /Key Usage: critical\s+Digital Signature\n/);
  t.match(server, /Extended Key Usage:\s+TLS Web Server Authentication\n/);
  t.match(server, /Subject Key Identifier/);
  t.match(server, /Authority Key Identifier/);
  t.match(server, /sha256WithRSAEncryption/);
});

t.test(
  'Dates and serial numbers are the given ones, the serial number positive and in shortest form.',
  async (t) => {
    const server = parseCertificate(issue());
    const authority = parseCertificate(certificatePem);
    t.equal(server.serialNumber, `40${'00'.repeat(15)}`);
    t.equal(authority.serialNumber, `7F${'FF'.repeat(15)}`);
    const { notBefore, notAfter } = validityFrom(NOW, MAX_SERVER_DAYS);
    t.equal(server.validFromDate.getTime(), Math.floor(notBefore.getTime() / 1000) * 1000);
    t.equal(server.validToDate.getTime(), Math.floor(notAfter.getTime() / 1000) * 1000);
  },
);

t.test('Dates beyond 2050 are written as RFC 5280 wants them.', async (t) => {
  const serial = Buffer.alloc(SERIAL_BYTES);
  const validity = { notBefore: new Date('2049-06-01'), notAfter: new Date('2059-06-01') };
  const pem = makeAuthority({ commonName: 'CA', ...validity, serial, privateKeyPem });
  t.equal(new X509Certificate(pem).validToDate.getUTCFullYear(), 2059);
});

t.test('The common name is the first name where it fits.', async (t) => {
  t.equal(parseCertificate(issue()).subject, 'CN=db.example');
  t.equal(parseCertificate(issue({ names: { dns: [], ip: ['::1'] } })).subject, 'CN=::1');
  const long = `${'a'.repeat(60)}.example`;
  t.equal(parseCertificate(issue({ names: { dns: [long], ip: [] } })).subject, 'CN=Portcullis');
});

t.test(
  'A server certificate covers something, and outlives neither 825 days nor its authority.',
  async (t) => {
    t.throws(() => issue({ names: { dns: [], ip: [] } }), { message: /at least one name/ });
    t.throws(() => issue(validityFrom(NOW, MAX_SERVER_DAYS + 1)), { message: /at most 825 days/ });
    const late = new Date(NOW.getTime() + 3640 * DAY_MS);
    t.throws(() => issue(validityFrom(late, 30)), { message: /cannot outlive its authority/ });
    t.throws(() => issue({ serial: Buffer.alloc(20) }), { message: /has 16 bytes/ });
  },
);

t.test('An authority without an RSA key cannot be used.', async (t) => {
  const { cert } = await selfSigned(t.testdir(), 'ec');
  const foreign = { certificatePem: await readFile(cert, 'utf8'), privateKeyPem };
  t.throws(() => issue({ authority: foreign }), { name: 'CertificateError', message: /RSA key/ });
});

t.test('An RSA authority made elsewhere, with a name of many parts, signs as well.', async (t) => {
  const dir = t.testdir();
  const subject = '/C=DE/O=Größe \\/ Söhne/CN=CA';
  const { cert, key } = await selfSigned(dir, 'ca', {
    subject,
    with: ['-newkey', 'rsa:2048', '-addext', 'keyUsage=critical,keyCertSign'],
  });
  const [foreign, foreignKey] = await Promise.all([readFile(cert, 'utf8'), readFile(key, 'utf8')]);
  const authority = { certificatePem: foreign, privateKeyPem: foreignKey };
  await writeFile(join(dir, 'server.crt'), issue({ authority, ...validityFrom(NOW, 20) }));
  t.match(await openssl('verify', '-x509_strict', '-CAfile', cert, join(dir, 'server.crt')), /OK/);
});
