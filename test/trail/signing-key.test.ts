import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { loadPublicKey, loadSigningKey, publicPath } from '../../src/trail/signing-key.ts';

t.test('The first start makes a key for its owner alone, and its public half for everyone.', async (t) => {
  const folder = t.testdir();
  const made = await loadSigningKey(`${folder}/audit.key`, `${folder}/audit`);
  t.equal(statSync(`${folder}/audit.key`).mode & 0o777, 0o600);
  t.equal(statSync(`${folder}/audit.pub`).mode & 0o777, 0o644);
  t.match(readFileSync(`${folder}/audit.key`, 'utf8'), /^-----BEGIN PRIVATE KEY-----/);
  const again = await loadSigningKey(`${folder}/audit.key`, `${folder}/audit`);
  t.equal(again.id, made.id);
  t.ok(loadPublicKey(`${folder}/audit.key`).equals(made.publicKey));
  t.ok(loadPublicKey(`${folder}/audit.pub`).equals(made.publicKey), 'by the name of the public half');
});

t.test('Two that start together go on with one key.', async (t) => {
  const folder = t.testdir();
  const keys = await Promise.all(
    Array.from({ length: 8 }, () => loadSigningKey(`${folder}/audit.key`, `${folder}/audit`)),
  );
  t.equal(new Set(keys.map(({ id }) => id)).size, 1);
});

t.test('A key within the audit directory is refused, also by way of a link.', async (t) => {
  const folder = t.testdir({ audit: {}, keys: {} });
  const refused = /the signing key lies in the audit directory .*: keep it elsewhere/;
  await t.rejects(loadSigningKey(`${folder}/audit/audit.key`, `${folder}/audit`), { message: refused });
  symlinkSync(`${folder}/audit`, `${folder}/link`);
  await t.rejects(loadSigningKey(`${folder}/link/audit.key`, `${folder}/audit`), { message: refused });
  writeFileSync(`${folder}/audit/hidden`, '');
  symlinkSync(`${folder}/audit/hidden`, `${folder}/keys/audit.key`);
  await t.rejects(loadSigningKey(`${folder}/keys/audit.key`, `${folder}/audit`), { message: refused });
  await loadSigningKey(`${folder}/keys/other.key`, `${folder}/audit`);
  await loadSigningKey(`${folder}/audit-of-ours.key`, `${folder}/audit`);
});

t.test('A key that others may read, or of another kind, is refused.', async (t) => {
  const folder = t.testdir();
  const dir = `${folder}/audit`;
  await loadSigningKey(`${folder}/audit.key`, dir);
  chmodSync(`${folder}/audit.key`, 0o640);
  await t.rejects(loadSigningKey(`${folder}/audit.key`, dir), { message: /chmod 600/ });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(`${folder}/ec.key`, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await t.rejects(loadSigningKey(`${folder}/ec.key`, dir), {
    message: /not an Ed25519 key: openssl genpkey/,
  });
  writeFileSync(`${folder}/no.key`, 'no key', { mode: 0o600 });
  await t.rejects(loadSigningKey(`${folder}/no.key`, dir), { message: /not a key in PEM form/ });
  t.throws(() => loadPublicKey(`${folder}/none.key`), { message: /no such file/ });
});

t.test('Where the key of a trail is missing, no other is made.', async (t) => {
  const folder = t.testdir();
  mkdirSync(`${folder}/audit`);
  writeFileSync(`${folder}/audit/0000000000000001.checkpoints`, '');
  await t.rejects(loadSigningKey(`${folder}/audit.key`, `${folder}/audit`), {
    message: /put it back, or move the trail/,
  });
});

t.test('A key that cannot be made is told of.', async (t) => {
  const folder = t.testdir({ file: '' });
  await t.rejects(loadSigningKey(`${folder}/file/audit.key`, `${folder}/audit`), {
    name: 'TrailError',
    message: /cannot be made \(\w+\): let this user write there/,
  });
});

t.test('The public half lies beside the key.', async (t) => {
  t.equal(publicPath('/etc/audit.key'), '/etc/audit.pub');
  t.equal(publicPath('/etc/signing.pem'), '/etc/signing.pem.pub');
});
