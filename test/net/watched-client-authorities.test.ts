import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type ReloadOutcome, WatchedCertificates } from '../../src/net/watched-certificates.ts';
import { ClientAuthority, days } from '../support/client-authority.ts';
import { selfSigned } from '../support/openssl.ts';

const dir = t.testdir();
const [ours, next] = await Promise.all([
  ClientAuthority.make(dir, 'ours'),
  ClientAuthority.make(dir, 'next'),
]);
const lists = {
  ours: await ours.list('current'),
  newer: await ours.list('newer', days(0, 40)),
  ended: await ours.list('ended', days(-9, -1)),
  next: await next.list('current'),
};
interface Watched {
  readonly certificates: WatchedCertificates;
  readonly pair: { readonly cert: string; readonly key: string };
  readonly ca: string;
  readonly crl: string;
}

/** Watched until the test ends, on files of the test's own. */
async function watched(
  t: Test,
  start: { readonly ca?: string; readonly crl?: string } = {},
  onReload: (outcome: ReloadOutcome) => void = () => undefined,
): Promise<Watched> {
  const folder = t.testdir();
  const pair = await selfSigned(folder, 'server', { san: 'DNS:server.example' });
  const [ca, crl] = [join(folder, 'clients.crt'), join(folder, 'clients.crl')];
  await Promise.all([copyFile(start.ca ?? ours.certPath, ca), copyFile(start.crl ?? lists.ours, crl)]);
  const clients = { ca, crl };
  const certificates = await WatchedCertificates.load([pair], { minVersion: 'TLSv1.2', clients, onReload });
  t.teardown(() => certificates.close());
  return { certificates, pair, ca, crl };
}

/** Puts a whole file in the place of another. */
async function replace(to: string, from: string): Promise<void> {
  await copyFile(from, `${to}.new`);
  await rename(`${to}.new`, to);
}

/** What clients are checked by now, for comparison. */
function checkedBy({ current }: WatchedCertificates): unknown {
  return { subjects: current.clients?.certificates.map(({ subject }) => subject), crl: current.clients?.crl };
}

t.test(
  'A reload brings new authorities and lists; a handshake under way keeps what it began with.',
  async (t) => {
    const { certificates, ca, crl } = await watched(t);
    const before = certificates.current;
    const asking = before.select(undefined).asking;
    await Promise.all([replace(ca, next.certPath), replace(crl, lists.next)]);
    t.strictSame(await certificates.reload(), { problems: [] });
    t.match(checkedBy(certificates), { subjects: ['CN=next'] });
    t.match(before.clients?.certificates, [{ subject: 'CN=ours' }]);
    t.equal(before.select(undefined).asking, asking);
    t.not(certificates.current.select(undefined).asking, asking);
  },
);

t.test('What cannot be used leaves the last good state in place, both files together.', async (t) => {
  const { certificates, ca, crl } = await watched(t);
  const before = checkedBy(certificates);
  const damages: readonly (readonly [RegExp, () => Promise<void>])[] = [
    [/^no list of CN=next in it/, () => replace(ca, next.certPath)],
    [/^no certificate in PEM form/, () => writeFile(ca, '')],
    [/^no such file$/, () => rm(ca)],
    [/^no revocation list in PEM form/, () => replace(ca, ours.certPath).then(() => writeFile(crl, 'x'))],
    [/^no such file$/, () => rm(crl)],
  ];
  for (const [message, damage] of damages) {
    await damage();
    t.match(await certificates.reload(), { problems: [{ severity: 'error', message }] });
    t.strictSame(checkedBy(certificates), before);
  }
  await replace(crl, lists.newer);
  t.strictSame(await certificates.reload(), { problems: [] });
  t.notSame(checkedBy(certificates), before, 'and when all is well again, the new one');
});

t.test('What has ended does not replace what is valid, but what has ended, too.', async (t) => {
  const { certificates, crl } = await watched(t);
  const before = checkedBy(certificates);
  await replace(crl, lists.ended);
  const message = /^ended on .*: renew it; the one read before stays$/;
  t.match(await certificates.reload(), { problems: [{ file: crl, severity: 'error', message }] });
  t.strictSame(checkedBy(certificates), before);

  const old = await watched(t, { crl: lists.ended });
  t.match(old.certificates.current.warnings, [{ file: old.crl, severity: 'warning', message: /^ended on/ }]);
  t.match(await old.certificates.reload(), { problems: [{ severity: 'warning' }] });
  await replace(old.crl, lists.newer);
  t.strictSame(await old.certificates.reload(), { problems: [] });
});

t.test('New lists count for a pair that could not be read again, and the other way round.', async (t) => {
  const { certificates, pair, crl } = await watched(t);
  const before = checkedBy(certificates);
  const { asking } = certificates.current.select(undefined);
  await rm(pair.key);
  await replace(crl, lists.newer);
  t.match(await certificates.reload(), { problems: [{ file: pair.key, message: 'no such file' }] });
  t.notSame(checkedBy(certificates), before);
  const kept = certificates.current.select(undefined);
  t.strictSame(kept.dnsNames, ['server.example']);
  t.ok(kept.asking);
  t.not(kept.asking, asking, 'it asks by the new list');
});

t.test('A change of either file is seen without being asked.', async (t) => {
  let look = (): void => undefined;
  // The watch keeps no process alive.
  const alive = setInterval(() => undefined, 1000);
  t.teardown(() => clearInterval(alive));
  const { certificates, ca, crl } = await watched(t, {}, () => look());
  /** Resolves with the reload after which the authority and its list are these. */
  const until = (subject: string, list: string): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        const { certificates: [authority] = [], crl: [read] = [] } = certificates.current.clients ?? {};
        if (authority?.subject === subject && `${read}\n` === list) resolve();
      };
      look();
    });
  const newer = until('CN=ours', await readFile(lists.newer, 'utf8'));
  await replace(crl, lists.newer);
  await newer;
  const other = until('CN=next', await readFile(lists.next, 'utf8'));
  await Promise.all([replace(ca, next.certPath), replace(crl, lists.next)]);
  await other;
  t.match(checkedBy(certificates), { subjects: ['CN=next'] });
});

t.test('Files that cannot be used from the start are an error, as a key is.', async (t) => {
  const { pair } = await watched(t);
  await rm(pair.key);
  const clients = { ca: join(dir, 'missing.crt'), crl: lists.ours };
  const load = WatchedCertificates.load([pair], {
    minVersion: 'TLSv1.2',
    clients,
    onReload: () => undefined,
  });
  await t.rejects(load, {
    name: 'CertificateFilesError',
    message: /server\.key: no such file; .*missing\.crt: no such file$/,
  });
});

t.test('Everything that ends is known with its file.', async (t) => {
  const { certificates, pair, ca, crl } = await watched(t);
  t.match(certificates.current.expiring, [
    { file: pair.cert, what: 'certificate' },
    { file: ca, what: 'certificate' },
    { file: crl, what: 'revocation list' },
  ]);
});
