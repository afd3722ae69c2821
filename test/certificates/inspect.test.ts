import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { CertificateError } from '../../src/certificates/error.ts';
import { inspectCertificate, keyType } from '../../src/certificates/inspect.ts';
import { type SelfSignedWish, selfSigned } from '../support/openssl.ts';

async function pemOf(dir: string, wish: SelfSignedWish): Promise<string> {
  return await readFile((await selfSigned(dir, 'x', wish)).cert, 'utf8');
}

t.test('A certificate is described by what it covers, its dates, its key and its signature.', async (t) => {
  const pem = await pemOf(t.testdir(), { san: 'DNS:db.example,IP:::1', subject: '/CN=db/O=Größe' });
  const { notBefore, notAfter, ...facts } = inspectCertificate(pem);
  t.strictSame(facts, {
    subject: 'CN=db, O=Größe',
    issuer: 'CN=db, O=Größe',
    dnsNames: ['db.example'],
    ipAddresses: ['::1'],
    keyType: 'EC P-256',
    signatureAlgorithm: 'ecdsa-with-SHA256',
    selfSigned: true,
    authority: true,
    channelBinding: { works: true, hash: 'sha256' },
  });
  t.equal(notAfter.getTime() - notBefore.getTime(), 30 * 86_400_000);
});

const KINDS: readonly (readonly [keyType: string, hash: string | undefined, request: readonly string[]])[] = [
  ['RSA 2048', 'sha256', ['-newkey', 'rsa:2048', '-sha1']],
  ['RSA 2048', 'sha512', ['-newkey', 'rsa:2048', '-sha512']],
  ['RSA-PSS 2048', 'sha384', ['-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048', '-sha384']],
  ['EC P-384', 'sha384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384']],
  ['EC P-521', 'sha512', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521', '-sha512']],
  ['EC secp256k1', 'sha256', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1']],
  ['Ed25519', undefined, ['-newkey', 'ed25519']],
  ['Ed448', undefined, ['-newkey', 'ed448']],
];

t.test('Keys are named as people name them, and the binding hash is that of the signature.', async (t) => {
  for (const [keyType, hash, request] of KINDS) {
    const facts = inspectCertificate(await pemOf(t.testdir(), { with: request }));
    t.equal(facts.keyType, keyType, request.join(' '));
    const { channelBinding } = facts;
    if (channelBinding.works) t.equal(channelBinding.hash, hash, `${keyType}: hash`);
    else t.match(channelBinding.why, /signed with ED(25519|448) has no binding hash/, keyType);
    t.equal(channelBinding.works, hash !== undefined);
  }
});

t.test('A certificate without a subject, named by its SANs alone, is described.', async (t) => {
  const facts = inspectCertificate(await pemOf(t.testdir(), { subject: '/', san: 'DNS:db.example' }));
  t.match(facts, { subject: '', issuer: '', dnsNames: ['db.example'], selfSigned: true });
});

t.test('Terminal escapes in a subject do not reach the terminal.', async (t) => {
  const pem = await pemOf(t.testdir(), { subject: '/CN=x\u001b[31m\u009by' });
  t.match(inspectCertificate(pem).subject, /^CN=x\\1B\[31m\\u\{9b\}y$/);
});

/** The certificate with some bytes of its DER replaced by as many others, wherever they stand. */
function patched(pem: string, from: string, to: string): string {
  const der = new X509Certificate(pem).raw.toString('hex').replaceAll(from, to);
  const base64 = Buffer.from(der, 'hex').toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

t.test('An unknown signature algorithm is shown as its number.', async (t) => {
  const pem = await pemOf(t.testdir(), {});
  const { signatureAlgorithm } = inspectCertificate(patched(pem, '2a8648ce3d040302', '2a8648ce3d040379'));
  t.equal(signatureAlgorithm, '1.2.840.10045.4.3.121');
});

t.test('A public key of an unknown kind is an error, not a crash.', async (t) => {
  const pem = await pemOf(t.testdir(), {});
  const unknown = patched(pem, '2a8648ce3d0201', '2a8648ce3d0279');
  t.throws(() => inspectCertificate(unknown), {
    name: 'CertificateError',
    message: /^its public key cannot be read/,
  });
  t.throws(() => inspectCertificate('nothing'), CertificateError);
});

t.test('A kind of key without a size is named by itself.', async (t) => {
  t.equal(keyType(generateKeyPairSync('x25519').publicKey), 'X25519');
});
