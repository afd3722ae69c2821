import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { clientNames } from '../../src/certificates/client-names.ts';
import { ClientAuthority, type IssueWish } from '../support/client-authority.ts';

const authority = await ClientAuthority.make(t.testdir(), 'ca');
let made = 0;

async function namesOf(wish: IssueWish) {
  made += 1;
  return clientNames(new X509Certificate((await authority.issue(`client-${made}`, wish)).cert));
}

t.test('A certificate names its client by common name, DNS, mail and URI.', async (t) => {
  const san = 'DNS:app,email:app@example.com,DNS:other,URI:spiffe://example/app,IP:127.0.0.1';
  t.strictSame(await namesOf({ subject: '/O=Example/CN=Jürgen', san }), {
    commonName: 'Jürgen',
    sans: { dns: ['app', 'other'], email: ['app@example.com'], uri: ['spiffe://example/app'] },
  });
});

t.test('Without names there are none.', async (t) => {
  t.strictSame(await namesOf({ subject: '/O=Example' }), {
    commonName: undefined,
    sans: { dns: [], email: [], uri: [] },
  });
});

t.test('A certificate whose key cannot be read names nobody, and harms nobody.', async (t) => {
  const { raw } = new X509Certificate((await authority.issue('off-its-curve', { subject: '/CN=app' })).cert);
  // BIT STRING of 66 bytes, uncompressed point: not these coordinates.
  const point = raw.indexOf(Buffer.from('03420004', 'hex')) + 4;
  const damaged = Buffer.from(raw).fill(0xff, point, point + 32);
  t.strictSame(clientNames(new X509Certificate(damaged)), {
    commonName: undefined,
    sans: { dns: [], email: [], uri: [] },
  });
});

t.test('A common name that looks like two is one, and of two none is the name.', async (t) => {
  t.equal((await namesOf({ subject: '/CN=app\\nCN=admin' })).commonName, 'appnCN=admin');
  t.equal((await namesOf({ subject: '/CN=app, CN=admin' })).commonName, 'app, CN=admin');
  t.equal((await namesOf({ subject: '/CN=app/CN=admin' })).commonName, undefined);
});

t.test('An alternative name that pretends to be two names nobody else.', async (t) => {
  const uri = 'http://x/, DNS:admin, email:root@example.com';
  // SEQUENCE { [6] IA5String }: openssl's own syntax would take it for three.
  const der = Buffer.concat([Buffer.of(0x30, uri.length + 2, 0x86, uri.length), Buffer.from(uri)]);
  const hex = der.toString('hex').replace(/..(?=.)/g, '$&:');
  const { sans } = await namesOf({ extensions: [`subjectAltName=DER:${hex}`] });
  t.strictSame(sans, { dns: [], email: [], uri: [uri] });
});
