import { X509Certificate } from 'node:crypto';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import t, { type Test } from 'tap';
import { DAY_MS } from '../../src/certificates/lifetimes.ts';
import { subjectNames } from '../../src/certificates/names.ts';
import { type CertificateWish, ensureServerCertificate } from '../../src/store/certificate-files.ts';
import { EC, openssl, selfSigned } from '../support/openssl.ts';

const NOW = new Date();
const NAMES = ['localhost', '127.0.0.1', '::1'];
const ALL = ['ca.key', 'ca.crt', 'server.key', 'server.crt'];

/** RSA keys take time: every test begins with a copy of one folder made once. */
const master = join(t.testdir(), 'certs');
const first = await ensureServerCertificate({ dir: master, names: NAMES, now: NOW });

async function copy(t: Test): Promise<string> {
  const dir = join(t.testdir(), 'certs');
  await cp(master, dir, { recursive: true });
  return dir;
}

/** Names of the files that were written. */
async function ensure(dir: string, change: Partial<CertificateWish> = {}): Promise<string[]> {
  const { written } = await ensureServerCertificate({ dir, names: NAMES, now: NOW, ...change });
  return written.map((path) => basename(path));
}

async function certificate(dir: string, file: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(join(dir, file)));
}

function after(days: number): Date {
  return new Date(NOW.getTime() + days * DAY_MS);
}

t.test('In an empty folder all four files are made, keys for their owner alone.', async (t) => {
  t.strictSame(
    first.written.map((path) => basename(path)),
    ALL,
  );
  for (const [path, mode] of [
    [first.ca, 0o644],
    [first.caKey, 0o600],
    [first.cert, 0o644],
    [first.key, 0o600],
  ] as const) {
    t.ok(isAbsolute(path));
    t.equal((await stat(path)).mode & 0o777, mode, path);
  }
  t.match(await openssl('verify', '-x509_strict', '-CAfile', first.ca, first.cert), /OK/);
  t.match((await certificate(master, 'ca.crt')).subject, /^CN=Portcullis CA [0-9a-f]{8}$/);
});

t.test('What is there and good stays as it is.', async (t) => {
  const dir = await copy(t);
  t.strictSame(await ensure(dir), []);
  t.strictSame(await ensure(dir, { names: ['::1', 'LOCALHOST', '127.0.0.1'] }), [], 'the same names');
  t.strictSame(await ensure(dir, { names: undefined }), [], 'whatever its names');
  t.strictSame(await ensure(dir, { now: after(790) }), [], 'more than 30 days before its end');
});

t.test('Changed names, a near end or a wish make a new server certificate for the same key.', async (t) => {
  for (const change of [{ names: ['db.example'] }, { now: after(800) }, { remake: 'server' }] as const) {
    const dir = await copy(t);
    t.strictSame(await ensure(dir, change), ['server.crt']);
    const [old, made] = [await certificate(master, 'server.crt'), await certificate(dir, 'server.crt')];
    t.not(made.serialNumber, old.serialNumber);
    t.strictSame(made.publicKey.export({ format: 'jwk' }), old.publicKey.export({ format: 'jwk' }));
    t.strictSame(await ensure(dir, change.remake ? {} : change), [], 'and then it stays');
  }
});

t.test('A renewal without names keeps those of the certificate.', async (t) => {
  const dir = await copy(t);
  await ensure(dir, { names: undefined, remake: 'server' });
  t.strictSame(subjectNames(await certificate(dir, 'server.crt')), {
    dns: ['localhost'],
    ip: ['127.0.0.1', '::1'],
  });
  await rm(join(dir, 'server.crt'));
  await t.rejects(ensure(dir, { names: undefined }), { message: /server\.crt is missing: name the hosts/ });
});

t.test('A missing or foreign server key is mended.', async (t) => {
  const dir = await copy(t);
  await rm(join(dir, 'server.key'));
  t.strictSame(await ensure(dir), ['server.key', 'server.crt']);
  await cp(join(dir, 'ca.key'), join(dir, 'server.key'));
  t.strictSame(await ensure(dir), ['server.crt']);
  t.match(
    await openssl('verify', '-x509_strict', '-CAfile', join(dir, 'ca.crt'), join(dir, 'server.crt')),
    /OK/,
  );
});

t.test('Making it is taken up where a crash left it.', async (t) => {
  const dir = await copy(t);
  await Promise.all(['ca.crt', 'server.key', 'server.crt'].map((file) => rm(join(dir, file))));
  t.strictSame(await ensure(dir), ['ca.crt', 'server.key', 'server.crt']);
});

t.test('An authority near its end is renewed, and those who trust the old one trust on.', async (t) => {
  const dir = await copy(t);
  const late = after(3640);
  t.strictSame(await ensure(dir, { now: late }), ['ca.crt', 'server.crt']);
  const at = ['-attime', String(Math.floor(late.getTime() / 1000))];
  for (const ca of [join(master, 'ca.crt'), join(dir, 'ca.crt')]) {
    t.match(await openssl('verify', '-x509_strict', ...at, '-CAfile', ca, join(dir, 'server.crt')), /OK/, ca);
  }
});

t.test('A server certificate ends with its authority at the latest.', async (t) => {
  const dir = await copy(t);
  t.strictSame(await ensure(dir, { now: after(3600) }), ['server.crt']);
  const [authority, server] = [await certificate(dir, 'ca.crt'), await certificate(dir, 'server.crt')];
  t.equal(server.validTo, authority.validTo);
});

t.test('All anew means new keys too.', async (t) => {
  const dir = await copy(t);
  t.strictSame(await ensure(dir, { remake: 'all' }), ALL);
  for (const file of ALL) {
    t.not(await readFile(join(dir, file), 'utf8'), await readFile(join(master, file), 'utf8'), file);
  }
});

t.test('The authority’s key may lie elsewhere until it is needed.', async (t) => {
  const dir = await copy(t);
  await rm(join(dir, 'ca.key'));
  t.strictSame(await ensure(dir), []);
  const missing = { name: 'CertificateError', message: /ca\.key is missing/ };
  await t.rejects(ensure(dir, { names: ['db.example'] }), missing);
  await t.rejects(ensure(dir, { now: after(3640) }), missing);
  await cp(join(dir, 'server.key'), join(dir, 'ca.key'));
  await t.rejects(ensure(dir, { names: ['db.example'] }), { message: /ca\.key is not the key of .*ca\.crt/ });
});

t.test('A certificate that was not made here is not touched.', async (t) => {
  const dir = await copy(t);
  const foreign = await selfSigned(t.testdir({ certs: {} }), 'foreign', { san: 'DNS:localhost' });
  await cp(master, dir, { recursive: true });
  await cp(foreign.cert, join(dir, 'server.crt'));
  await t.rejects(ensure(dir), { message: /server\.crt was not issued by .*ca\.crt/ });
  t.equal(await readFile(join(dir, 'server.crt'), 'utf8'), await readFile(foreign.cert, 'utf8'));
});

t.test('An authority that was not made here is not renewed.', async (t) => {
  const dir = join(t.testdir(), 'certs');
  await mkdir(dir);
  const wish = { subject: '/CN=Example/O=Example', with: ['-newkey', 'rsa:2048'] };
  const { cert, key } = await selfSigned(dir, 'ca', wish);
  t.strictSame([basename(cert), basename(key)], ['ca.crt', 'ca.key']);
  await t.rejects(ensure(dir, { now: after(1) }), { message: /ca\.crt ends soon and was not made here/ });
});

t.test('Files that are not what their names say are named.', async (t) => {
  const dir = await copy(t);
  await writeFile(join(dir, 'server.crt'), 'hello');
  await t.rejects(ensure(dir), {
    name: 'CertificateError',
    message: /server\.crt: no certificate in PEM form/,
  });
  await cp(join(master, 'server.crt'), join(dir, 'server.crt'));
  await writeFile(join(dir, 'server.key'), 'hello');
  await t.rejects(ensure(dir), { message: /server\.key: not an RSA private key/ });
  await selfSigned(dir, 'server', { with: EC });
  await cp(join(master, 'server.crt'), join(dir, 'server.crt'));
  await t.rejects(ensure(dir), { message: /server\.key: not an RSA private key/ });
  await rm(join(dir, 'server.key'));
  await mkdir(join(dir, 'server.key'));
  await t.rejects(ensure(dir), { code: 'EISDIR' });
});

t.test('Nothing is made for names that are none.', async (t) => {
  const dir = join(t.testdir(), 'certs');
  await t.rejects(ensure(dir, { names: ['db:5432'] }), { message: /"db:5432" is neither/ });
  await t.rejects(stat(dir), { code: 'ENOENT' });
});
