import { renameSync } from 'node:fs';
import { copyFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { DAY_MS } from '../../src/certificates/lifetimes.ts';
import type { CertificatePair } from '../../src/net/certificate-pair.ts';
import { type ReloadOutcome, WatchedCertificates } from '../../src/net/watched-certificates.ts';
import { takeAllDescriptors } from '../support/all-descriptors.ts';
import { issuedPair } from '../support/issued.ts';
import { selfSigned } from '../support/openssl.ts';

const MINIMUM = { minVersion: 'TLSv1.2' } as const;
/** Long enough for a second look. */
const RETRIED_MS = 1200;
const YEAR_MS = 365 * DAY_MS;

async function pairOf(dir: string, name: string): Promise<CertificatePair> {
  return await selfSigned(dir, name, { san: `DNS:${name}.example` });
}

/** Watched until the test ends; `onReload` hears of what the files' changes set off. */
async function watched(
  t: Test,
  pairs: readonly CertificatePair[],
  onReload: (outcome: ReloadOutcome) => void = () => undefined,
): Promise<WatchedCertificates> {
  const certificates = await WatchedCertificates.load(pairs, { ...MINIMUM, onReload });
  t.teardown(() => certificates.close());
  return certificates;
}

/** Puts `from` in the place of `to`, one whole file after the other. */
async function replace(to: CertificatePair, from: CertificatePair): Promise<void> {
  for (const kind of ['cert', 'key'] as const) {
    await copyFile(from[kind], `${to[kind]}.new`);
    await rename(`${to[kind]}.new`, to[kind]);
  }
}

function names(certificates: WatchedCertificates): (readonly string[])[] {
  return certificates.current.certificates.map((certificate) => certificate.dnsNames);
}

t.test('A reload brings the new pair; what was chosen before stays what it was.', async (t) => {
  const dir = t.testdir();
  const [served, next] = [await pairOf(dir, 'a'), await pairOf(dir, 'b')];
  const certificates = await watched(t, [served]);
  const before = certificates.current.select(undefined);
  const { binding } = before;
  await replace(served, next);
  t.strictSame(await certificates.reload(), { problems: [] });
  t.strictSame(names(certificates), [['b.example']]);
  t.strictSame(before.dnsNames, ['a.example'], 'a login under way');
  t.equal(before.binding, binding);
  t.notSame(certificates.current.select(undefined).binding, binding);
});

t.test('A pair that is not fit to be served leaves the last good one in place.', async (t) => {
  const dir = t.testdir();
  const [served, other] = [await pairOf(dir, 'a'), await pairOf(dir, 'b')];
  const certificates = await watched(t, [served]);
  const half = (await readFile(other.cert, 'utf8')).slice(0, 300);
  const damages: readonly (readonly [RegExp, () => Promise<void>])[] = [
    [/does not belong to/, () => copyFile(other.cert, served.cert)],
    [/cut short/, () => writeFile(served.cert, half)],
    [/no certificate in PEM form/, () => writeFile(served.cert, '')],
    [/no such file/, () => rm(served.cert)],
  ];
  for (const [message, damage] of damages) {
    await damage();
    t.match(await certificates.reload(), { problems: [{ severity: 'error', message }] });
    t.strictSame(names(certificates), [['a.example']]);
  }
  await replace(served, other);
  t.strictSame(await certificates.reload(), { problems: [] });
  t.strictSame(names(certificates), [['b.example']], 'and when all is well again, the new one');
});

t.test('One broken pair does not keep another from being renewed.', async (t) => {
  const dir = t.testdir();
  const [a, b, c] = [await pairOf(dir, 'a'), await pairOf(dir, 'b'), await pairOf(dir, 'c')];
  const certificates = await watched(t, [a, b]);
  await rm(a.key);
  await replace(b, c);
  t.match(await certificates.reload(), { problems: [{ file: a.key, message: 'no such file' }] });
  t.strictSame(names(certificates), [['a.example'], ['c.example']]);
});

t.test('An expired certificate does not replace a valid one, but another expired one.', async (t) => {
  const dir = t.testdir();
  const now = Date.now();
  const ago = (years: number) => ({
    notBefore: new Date(now - years * YEAR_MS),
    notAfter: new Date(now - (years - 1) * YEAR_MS - DAY_MS),
  });
  const valid = { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + DAY_MS) };
  const [ended, longEnded] = [await issuedPair(dir, 'ended', ago(1)), await issuedPair(dir, 'long', ago(3))];
  const served = await issuedPair(dir, 'valid', valid);
  const certificates = await watched(t, [served]);
  await replace(served, ended);
  const outcome = await certificates.reload();
  t.match(outcome, {
    problems: [{ severity: 'error', message: /^ended on .*; the one read before stays$/ }],
  });
  t.strictSame(names(certificates), [['valid']]);

  const old = await watched(t, [longEnded]);
  t.match(old.current.warnings, [{ severity: 'warning', message: /^ended on/ }]);
  await replace(longEnded, ended);
  t.match(await old.reload(), { problems: [{ severity: 'warning' }] });
  t.strictSame(names(old), [['ended']]);
});

t.test('Reloads asked for at once end with the newest files.', async (t) => {
  const dir = t.testdir();
  const [served, next] = [await pairOf(dir, 'a'), await pairOf(dir, 'b')];
  const certificates = await watched(t, [served]);
  const early = certificates.reload();
  await replace(served, next);
  await Promise.all([early, certificates.reload(), certificates.reload()]);
  t.strictSame(names(certificates), [['b.example']]);
});

t.test('A change of the files is seen without being asked.', async (t) => {
  const dir = t.testdir();
  const [served, next] = [await pairOf(dir, 'a'), await pairOf(dir, 'b')];
  const renewed = Promise.withResolvers<void>();
  // The watch keeps no process alive.
  const alive = setInterval(() => undefined, 1000);
  t.teardown(() => clearInterval(alive));
  const certificates = await watched(t, [served], ({ problems }) => {
    if (problems.length === 0) renewed.resolve();
  });
  await replace(served, next);
  await renewed.promise;
  t.strictSame(names(certificates), [['b.example']]);
});

t.test('A renewal that could not be read when it came is taken as soon as it can be.', async (t) => {
  const dir = t.testdir();
  const [served, next] = [await pairOf(dir, 'a'), await pairOf(dir, 'b')];
  const told: ReloadOutcome[] = [];
  const alive = setInterval(() => undefined, 1000);
  t.teardown(() => clearInterval(alive));
  const certificates = await watched(t, [served], (outcome) => told.push(outcome));
  const giveBack = takeAllDescriptors();
  if (giveBack === undefined) {
    t.pass('no bound that could be reached');
    return;
  }
  renameSync(next.key, served.key);
  renameSync(next.cert, served.cert);
  while (told.length === 0) await sleep(10);
  t.match(told[0], { problems: [{ message: /cannot be read: EMFILE/, mayPass: true }] });
  await sleep(RETRIED_MS);
  t.equal(told.length, 1, 'the same again is not told');
  giveBack();
  while (told.length === 1) await sleep(10);
  t.strictSame(told[1], { problems: [] });
  t.strictSame(names(certificates), [['b.example']]);
});

t.test('Files that cannot be served from the start are an error.', async (t) => {
  const missing = { cert: join(t.testdir(), 'a.crt'), key: join(t.testdirName, 'a.key') };
  const load = WatchedCertificates.load([missing], { ...MINIMUM, onReload: () => undefined });
  await t.rejects(load, {
    name: 'CertificateFilesError',
    message: /a\.crt: no such file; .*a\.key: no such file/,
  });
});
