import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { parseRevocationLists, serialOf, subjectName } from '../../src/certificates/revocation-list.ts';
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

t.test('A list names what it revokes by its issuer and number, and nothing else.', async (t) => {
  const authority = await ClientAuthority.make(dir, 'busy');
  const revokedIn = async (name: string): Promise<string[]> => {
    const lists = parseRevocationLists(await readFile(await authority.list(name), 'utf8'));
    return lists.flatMap(({ revoked }) => [...revoked()]);
  };
  const names = ['one', 'two', 'three'] as const;
  const [one, two, three] = [
    await authority.issue(names[0]),
    await authority.issue(names[1]),
    await authority.issue(names[2]),
  ];
  t.strictSame(await revokedIn('none'), []);
  await authority.revoke(one);
  await authority.revoke(three);
  const serial = ({ cert }: { readonly cert: string }): string => serialOf(new X509Certificate(cert));
  const listed = await revokedIn('two-of-three');
  t.strictSame(new Set(listed), new Set([serial(one), serial(three)]));
  t.notOk(listed.includes(serial(two)));
});

t.test(
  'A list whose entries cannot be read to the end is none: what is behind would go unseen.',
  async (t) => {
    const authority = await ClientAuthority.make(dir, 'damaged');
    for (const name of ['one', 'two']) await authority.revoke(await authority.issue(name));
    const whole = await readFile(await authority.list('both'), 'utf8');
    const [list] = parseRevocationLists(whole);
    const [, serial = ''] = [...(list?.revoked() ?? [])].map((each) => each.slice(each.indexOf('\0') + 1));
    const der = Buffer.from(whole.split('-----')[2] ?? '', 'base64');
    const tag = der.indexOf(Buffer.concat([Buffer.of(0x02, serial.length), Buffer.from(serial, 'latin1')]));
    for (const place of [tag, tag - 2]) {
      const other = Buffer.from(der);
      other.writeUInt8(0x04, place);
      const [damaged] = parseRevocationLists(pem(other));
      t.throws(() => [...(damaged?.revoked() ?? [])], { name: 'CertificateError' });
    }
  },
);

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
