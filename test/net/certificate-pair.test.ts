import { appendFile, chmod, chown, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DAY_MS } from '../../src/certificates/lifetimes.ts';
import type { CertificatePair } from '../../src/net/certificate-pair.ts';
import { loadServerCertificate } from '../../src/net/certificate-store.ts';
import { issued, issuedPair } from '../support/issued.ts';
import { openssl, type SelfSignedWish, selfSigned } from '../support/openssl.ts';

const DB: SelfSignedWish = { san: 'DNS:db.example' };

async function newPair(t: Test, wish: SelfSignedWish = DB): Promise<CertificatePair> {
  return await selfSigned(t.testdir(), 'server', wish);
}

/** The problems of a pair, each as `severity, file: message` with the file as `cert` or `key`. */
async function problemsOf(pair: CertificatePair): Promise<string[]> {
  const { certificate, problems } = await loadServerCertificate(pair, { minVersion: 'TLSv1.2' });
  const isServed = problems.every((problem) => problem.severity === 'warning');
  t.equal(certificate !== undefined, isServed, 'a pair with an error is not served, any other is');
  return problems.map(
    ({ severity, file, message }) => `${severity}, ${file === pair.cert ? 'cert' : 'key'}: ${message}`,
  );
}

t.test('A good pair has no problem.', async (t) => {
  t.strictSame(await problemsOf(await newPair(t)), []);
});

t.test('Certificate and key may be one file, and a key may have parameters before it.', async (t) => {
  const { cert, key } = await newPair(t);
  const params = await openssl('ecparam', '-name', 'prime256v1');
  await writeFile(key, params + (await readFile(key, 'utf8')) + (await readFile(cert, 'utf8')));
  t.strictSame(await problemsOf({ cert: key, key }), []);
});

t.test('Files that are missing or are none are all told at once.', async (t) => {
  const dir = t.testdir({ folder: {} });
  const missing = { cert: join(dir, 'a.crt'), key: join(dir, 'a.key') };
  t.strictSame(await problemsOf(missing), ['error, cert: no such file', 'error, key: no such file']);
  const folder = { cert: join(dir, 'folder'), key: dir };
  t.strictSame(await problemsOf(folder), ['error, cert: not a file', 'error, key: not a file']);
});

t.test('A file too large for a certificate is not read.', async (t) => {
  const { cert, key } = await newPair(t);
  await truncate(cert, 1_048_577);
  t.strictSame(await problemsOf({ cert, key }), ['error, cert: larger than 1048576 bytes']);
});

t.test('Text that is no certificate or no key is told by the file’s name.', async (t) => {
  const { cert, key } = await newPair(t);
  t.match(await problemsOf({ cert: key, key: cert }), ['error, cert: no certificate in PEM form in it']);
  await writeFile(key, 'hello');
  t.match(await problemsOf({ cert, key }), [/^error, key: no private key in PEM form in it/]);
  await writeFile(key, '-----BEGIN PRIVATE KEY-----\nAAAA\n');
  t.strictSame(await problemsOf({ cert, key }), [
    'error, key: the private key in it is damaged or cut short',
  ]);
});

t.test('An encrypted key of either form is told as such, with the mend.', async (t) => {
  const { cert, key } = await newPair(t);
  const plain = await readFile(key, 'utf8');
  const forms = [
    ['pkcs8', '-topk8', '-v2', 'aes-256-cbc'],
    ['ec', '-aes256'],
  ];
  for (const [command = '', ...form] of forms) {
    await writeFile(`${key}.plain`, plain);
    await openssl(command, ...form, '-passout', 'pass:secret', '-in', `${key}.plain`, '-out', key);
    t.match(
      await problemsOf({ cert, key }),
      [/^error, key: is encrypted: write it without a passphrase/],
      command,
    );
  }
});

t.test('A key that belongs to another certificate is refused.', async (t) => {
  const { cert, key } = await newPair(t);
  const other = await selfSigned(t.testdirName, 'other');
  t.strictSame(await problemsOf({ cert, key: other.key }), [`error, key: does not belong to ${cert}`]);
  await appendFile(cert, await readFile(other.cert));
  t.match(await problemsOf({ cert, key: other.key }), [
    /^error, cert: the key is that of certificate 2 in it/,
  ]);
  t.match(await problemsOf({ cert, key }), [
    /^warning, cert: certificate 2 in it did not issue certificate 1/,
  ]);
});

t.test('A chain in order has no problem.', async (t) => {
  const dir = t.testdir();
  const now = Date.now();
  const validity = { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + DAY_MS) };
  const pair = await issuedPair(dir, 'db.example', validity);
  await appendFile(pair.cert, issued.certificatePem);
  t.strictSame(await problemsOf(pair), []);
});

t.test('A key that others may read or write is refused, with its mode and the mend.', async (t) => {
  const pair = await newPair(t);
  for (const mode of [0o644, 0o604, 0o660, 0o602, 0o677]) {
    await chmod(pair.key, mode);
    const bits = mode.toString(8);
    t.strictSame(await problemsOf(pair), [
      `error, key: others may read or write it (mode 0${bits}): chmod 0600`,
    ]);
  }
  for (const mode of [0o600, 0o400]) {
    await chmod(pair.key, mode);
    t.strictSame(await problemsOf(pair), [], mode.toString(8));
  }
});

t.test(
  'Its group may read a key of root’s, and no one else’s.',
  { skip: process.getuid?.() !== 0 },
  async (t) => {
    const pair = await newPair(t);
    await chmod(pair.key, 0o640);
    t.strictSame(await problemsOf(pair), []);
    await chown(pair.key, 12_345, 0);
    t.match(await problemsOf(pair), [/mode 0640/]);
  },
);

t.test('An RSA key below 2048 bits is refused.', async (t) => {
  const pair = await newPair(t, { ...DB, with: ['-newkey', 'rsa:1024'] });
  t.strictSame(await problemsOf(pair), ['error, key: an RSA key of 1024 bits, at least 2048 are needed']);
});

t.test('What OpenSSL will not have is told in its words.', async (t) => {
  const pair = await newPair(t, {
    ...DB,
    with: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp112r1'],
  });
  t.strictSame(await problemsOf(pair), ['error, cert: ee key too small']);
});

t.test('A certificate whose key nobody can read is told, not thrown.', async (t) => {
  const { cert, key } = await newPair(t);
  const pem = await readFile(cert, 'utf8');
  const der = Buffer.from(pem.replaceAll(/-----[^-]*-----/g, ''), 'base64').toString('hex');
  const unknown = Buffer.from(der.replace('2a8648ce3d0201', '2a8648ce3d0279'), 'hex').toString('base64');
  await writeFile(cert, `-----BEGIN CERTIFICATE-----\n${unknown}\n-----END CERTIFICATE-----\n`);
  t.match(await problemsOf({ cert, key }), [/^error, /]);
});

t.test('An expired certificate, or one for later, is served with a warning.', async (t) => {
  const dir = t.testdir();
  const past = { notBefore: new Date('2024-01-01'), notAfter: new Date('2024-06-01') };
  const ended = await problemsOf(await issuedPair(dir, 'past', past));
  t.strictSame(ended, ['warning, cert: ended on 2024-06-01T00:00:00.000Z: renew it']);
  const future = { notBefore: new Date('2048-01-01'), notAfter: new Date('2048-06-01') };
  const early = await problemsOf(await issuedPair(dir, 'future', future));
  t.strictSame(early, ['warning, cert: is not valid before 2048-01-01T00:00:00.000Z']);
});

t.test('A certificate without names, or without channel binding, is served with a warning.', async (t) => {
  const nameless = await problemsOf(await newPair(t, {}));
  t.match(nameless, [/^warning, cert: has no subjectAltName/]);
  const unbound = await problemsOf(await newPair(t, { ...DB, with: ['-newkey', 'ed25519'] }));
  t.match(unbound, [/^warning, cert: channel binding does not work with it \(signed with ED25519\)/]);
});
