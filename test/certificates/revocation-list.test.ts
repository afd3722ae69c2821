import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { parseRevocationLists, subjectName } from '../../src/certificates/revocation-list.ts';
import { ClientAuthority, days } from '../support/client-authority.ts';

const dir = t.testdir();
const [first, second] = await Promise.all([
  ClientAuthority.make(dir, 'first', '/O=Example, Inc./CN=First'),
  ClientAuthority.make(dir, 'second'),
]);
const period = days(-1, 7);
const text = await readFile(await first.list('list', period), 'utf8');
const far = { from: new Date('2026-01-02T03:04:05Z'), until: new Date('2060-07-08T09:10:11Z') };
const other = await readFile(await second.list('list', far), 'utf8');

/** What openssl writes has whole seconds. */
function seconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

t.test('Every list of a file is read, with its issuer and its dates.', async (t) => {
  const lists = parseRevocationLists(`What follows are two lists.\n${text}${other}`);
  t.match(lists, [
    { thisUpdate: seconds(period.from), nextUpdate: seconds(period.until) },
    { thisUpdate: far.from, nextUpdate: far.until },
  ]);
  const names = [first, second].map(({ cert }) => subjectName(new X509Certificate(cert)).toString('hex'));
  t.strictSame(
    lists.map(({ issuer }) => issuer.toString('hex')),
    names,
  );
  t.strictSame(
    lists.map(({ pem }) => `${pem}\n`),
    [text, other],
  );
});

t.test('A list that is cut short, or none, is told in words.', async (t) => {
  t.throws(() => parseRevocationLists(text.slice(0, -30)), {
    name: 'CertificateError',
    message: 'a revocation list in it is cut short: no END line',
  });
  t.throws(() => parseRevocationLists(first.cert), { message: /^no revocation list in PEM form in it/ });
  t.throws(() => parseRevocationLists(''), { message: /^no revocation list/ });
});

/** Bytes of a list, in an envelope that is whole. */
function pem(der: Buffer): string {
  return `-----BEGIN X509 CRL-----\n${der.toString('base64')}\n-----END X509 CRL-----\n`;
}

t.test('Whatever bytes a list has, it is read or refused in words.', async (t) => {
  const der = Buffer.from(text.split('-----')[2] ?? '', 'base64');
  t.strictSame(parseRevocationLists(pem(der)).length, 1);
  const cut = Array.from(der, (_, length) => der.subarray(0, length));
  const changed = Array.from(der.subarray(0, 120), (byte, place) =>
    Buffer.concat([der.subarray(0, place), Buffer.of(byte ^ 0x55), der.subarray(place + 1)]),
  );
  t.strictSame(new Set(cut.map(outcome)), new Set(['CertificateError']));
  t.strictSame(new Set(changed.map(outcome)), new Set(['CertificateError', 'read']));
});

function outcome(der: Buffer): string {
  try {
    parseRevocationLists(pem(der));
    return 'read';
  } catch (error) {
    return error instanceof Error ? error.name : 'thrown';
  }
}

t.test('A date that is none is refused.', async (t) => {
  const der = Buffer.from(text.split('-----')[2] ?? '', 'base64');
  // UTCTime, 13 bytes: the first is thisUpdate.
  const time = der.indexOf(Buffer.from([0x17, 13]));
  der.write('991331000000Z', time + 2, 'latin1');
  t.throws(() => parseRevocationLists(pem(der)), { message: 'damaged, or not written in DER' });
});
