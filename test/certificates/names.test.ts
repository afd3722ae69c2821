import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { CertificateError } from '../../src/certificates/error.ts';
import { parseNames, printable, sameNames, subjectNames } from '../../src/certificates/names.ts';
import { selfSigned } from '../support/openssl.ts';

t.test('The names of a certificate are its DNS names and addresses, and no other kind.', async (t) => {
  const san = 'DNS:*.Example.com,IP:127.0.0.1,IP:::1,IP:2001:db8::5,email:a@b.example,URI:http://x/,DNS:db';
  const { cert } = await selfSigned(t.testdir(), 'all', { san });
  const names = subjectNames(new X509Certificate(await readFile(cert)));
  t.strictSame(names, { dns: ['*.Example.com', 'db'], ip: ['127.0.0.1', '::1', '2001:db8::5'] });
});

t.test('A certificate without subjectAltName covers nothing, whatever its common name.', async (t) => {
  const { cert } = await selfSigned(t.testdir(), 'localhost');
  t.strictSame(subjectNames(new X509Certificate(await readFile(cert))), { dns: [], ip: [] });
});

t.test(
  'A name that pretends to be two, or to be a terminal command, is one name without effect.',
  async (t) => {
    const certificate = (subjectAltName: string) => ({ subjectAltName }) as X509Certificate;
    const two = subjectNames(certificate('DNS:"a, DNS:evil.example", DNS:b'));
    t.strictSame(two.dns, ['a, DNS:evil.example', 'b']);
    const control = subjectNames(certificate('DNS:"x\\u001b[31m", DNS:y'));
    t.strictSame(control.dns, ['x\\u{1b}[31m', 'y']);
    t.strictSame(subjectNames(certificate('DNS:a, IP Address:<invalid>')).ip, ['<invalid>']);
  },
);

t.test('Names as people write them are sorted into host names and addresses.', async (t) => {
  const written = ['DB.Example.com', '*.db.example', '10.0.0.1', '0:0:0:0:0:0:0:1', 'bücher.example', '::1'];
  t.strictSame(parseNames(written), {
    dns: ['db.example.com', '*.db.example', 'xn--bcher-kva.example'],
    ip: ['10.0.0.1', '::1'],
  });
  t.strictSame(parseNames(['::FFFF:1.2.3.4']).ip, ['::ffff:102:304']);
});

t.test('What is neither a host name nor an address is refused by its name.', async (t) => {
  const wrong = [
    '',
    'a b',
    'db:5432',
    'http://db',
    '127.1',
    '1.2.3.4.5',
    '256.0.0.1',
    '::1%lo',
    '::1]/[',
    ':',
    '*',
  ];
  for (const text of wrong) {
    t.throws(
      () => parseNames([text]),
      new CertificateError(`"${text}" is neither a host name nor an IP address`),
    );
  }
  t.throws(() => parseNames(['ü'.repeat(300)]), CertificateError);
  t.throws(() => parseNames([]), { message: /at least one name/ });
});

t.test('Two sets of names are the same in whatever order and case.', async (t) => {
  t.equal(sameNames({ dns: ['a', 'B'], ip: ['::1'] }, { dns: ['b', 'a'], ip: ['::1'] }), true);
  t.equal(sameNames({ dns: ['a'], ip: [] }, { dns: ['a', 'b'], ip: [] }), false);
  t.equal(sameNames({ dns: ['a'], ip: [] }, { dns: ['a'], ip: ['::1'] }), false);
});

t.test('Controls and changes of text direction are made visible.', async (t) => {
  t.equal(printable('a\u001b[1m\u009b\u202eb ü'), 'a\\u{1b}[1m\\u{9b}\\u{202e}b ü');
});
