import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type ClientFiles, loadClientAuthorities } from '../../src/net/client-authorities.ts';
import { ClientAuthority, days } from '../support/client-authority.ts';

const dir = t.testdir();
const [ours, other] = await Promise.all([
  ClientAuthority.make(dir, 'ours'),
  ClientAuthority.make(dir, 'other', '/O=Other/CN=Other'),
]);
const between = await ours.below('between');
const list = await ours.list('current');
const [ourList, otherList] = await Promise.all(
  [list, await other.list('current')].map((path) => readFile(path, 'utf8')),
);

let written = 0;

/** A file of these texts. */
async function file(...texts: readonly unknown[]): Promise<string> {
  written += 1;
  const path = join(dir, `${written}.pem`);
  await writeFile(path, texts.join(''));
  return path;
}

/** Problems as `severity: message`; a file's name is checked on the way. */
async function problemsOf(t: Test, files: ClientFiles, where: string = files.ca): Promise<string[]> {
  const { problems } = await loadClientAuthorities(files);
  t.ok(problems.every((problem) => problem.file === where));
  return problems.map(({ severity, message }) => `${severity}: ${message}`);
}

t.test('Authorities and their lists are read, many a file.', async (t) => {
  const ca = await file('Ours, and another:\n', ours.cert, other.cert);
  const crl = await file(ourList, otherList);
  const { authorities, problems } = await loadClientAuthorities({ ca, crl });
  t.strictSame(problems, []);
  t.equal(authorities?.ca.length, 2);
  t.equal(authorities?.crl.length, 2);
  t.match(authorities?.certificates, [{ subject: 'CN=ours' }, { subject: 'O=Other\nCN=Other' }]);
  t.match(authorities?.expiring, [
    { file: ca, what: 'certificate' },
    { file: crl, what: 'revocation list' },
  ]);
});

t.test('Without a list nothing is revoked.', async (t) => {
  const { authorities } = await loadClientAuthorities({ ca: ours.certPath, crl: undefined });
  t.strictSame(authorities?.crl, []);
  t.match(authorities?.expiring, [{ file: ours.certPath }]);
});

t.test('Authorities that cannot be used are told in one line.', async (t) => {
  const client = await ours.issue('client');
  const wrong = [
    [join(dir, 'missing'), 'error: no such file'],
    [dir, 'error: not a file'],
    [await file(ourList), 'error: no certificate in PEM form in it (-----BEGIN CERTIFICATE-----)'],
    [await file(ours.cert.slice(0, 300)), 'error: a certificate in it is cut short: no END line'],
    [
      await file(ours.cert, client.cert),
      "error: certificate 2 in it, CN=app, is not an authority's (basicConstraints CA:TRUE)",
    ],
    [await file(between.cert), 'error: no root in it: add the self-signed authority at the end of the chain'],
  ] as const;
  for (const [ca, problem] of wrong) t.strictSame(await problemsOf(t, { ca, crl: undefined }), [problem]);
});

t.test('Lists that cannot be used are told in one line.', async (t) => {
  const damaged = String(ourList).replace(/\n.{8}/, '\nAAAAAAAA');
  const ca = await file(ours.cert, other.cert);
  const wrong = [
    [join(dir, 'missing'), 'error: no such file'],
    [ours.certPath, 'error: no revocation list in PEM form in it (-----BEGIN X509 CRL-----)'],
    [await file(damaged), 'error: damaged, or not written in DER'],
    [await file(ourList), 'error: no list of O=Other, CN=Other in it: all its certificates would be refused'],
  ] as const;
  for (const [crl, problem] of wrong) t.strictSame(await problemsOf(t, { ca, crl }, crl), [problem]);
});

t.test('A list that OpenSSL will not read is an error, too.', async (t) => {
  const der = Buffer.from(String(ourList).split('-----')[2] ?? '', 'base64');
  // The envelope, the issuer and the dates stay; the signature's algorithm becomes no object identifier.
  der.writeUInt8(0x30, der.lastIndexOf(Buffer.from([0x06, 0x08])));
  const crl = await file(
    `-----BEGIN X509 CRL-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END X509 CRL-----\n`,
  );
  t.match(await problemsOf(t, { ca: ours.certPath, crl }, crl), [/^error: \w/]);
});

t.test('Both files are looked at, whatever the first is like.', async (t) => {
  const { authorities, problems } = await loadClientAuthorities({ ca: '/missing/a', crl: '/missing/b' });
  t.equal(authorities, undefined);
  t.strictSame(
    problems.map((problem) => problem.file),
    ['/missing/a', '/missing/b'],
  );
});

t.test('What has ended is a warning: it is checked by all the same, and so refuses.', async (t) => {
  const crl = await ours.list('ended', days(-9, -2));
  const ended = await problemsOf(t, { ca: ours.certPath, crl }, crl);
  t.match(ended, [/^warning: ended on .*: renew it, client certificates are refused until then$/]);
  const early = await ours.list('early', days(2, 9));
  t.match(await problemsOf(t, { ca: ours.certPath, crl: early }, early), [/^warning: is not valid before/]);
  const both = await file(await readFile(crl, 'utf8'), ourList);
  t.strictSame(await problemsOf(t, { ca: ours.certPath, crl: both }), [], 'the newer of two counts');

  const extensions = ['basicConstraints=critical,CA:TRUE'];
  const period = days(-9, -1);
  const old = await ours.issue('old', { subject: '/CN=old', extensions, period });
  const { authorities, problems } = await loadClientAuthorities({
    ca: await file(ours.cert, old.cert),
    crl: undefined,
  });
  t.match(problems, [{ severity: 'warning', message: /^ended on .*: renew it$/ }]);
  t.ok(
    authorities?.expiring.every(({ notAfter }) => notAfter < new Date()),
    'the first end counts',
  );
});
