import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { formatKeyLine, parseKeyRing } from '../../src/config/key-ring.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { seal } from '../../src/config/sealed.ts';
import { roleSecret } from '../../src/config/secret-owner.ts';
import { type CatalogOutcome, loadCatalog } from '../../src/store/catalog-file.ts';
import { shownPath } from '../../src/store/config-file.ts';
import { aCatalogFile, type CatalogParts, catalogText, firstLogin } from './a-catalog-file.ts';

/** The role of `catalogText`. */
const APP = roleSecret('p', 'br-main', 'app');

function printed(outcome: CatalogOutcome): string[] {
  return ('problems' in outcome ? outcome.problems : outcome.warnings).map(formatProblem);
}

function load(t: Parameters<typeof aCatalogFile>[0], parts: CatalogParts = {}) {
  return loadCatalog(aCatalogFile(t, parts), {});
}

t.test('A catalog becomes a snapshot.', async (t) => {
  const { outcome, files } = load(t);
  t.match(outcome, { warnings: [] });
  if ('problems' in outcome) throw new Error(printed(outcome).join('\n'));
  t.equal(outcome.snapshot.defaultBranch?.branch.id, 'br-main');
  t.equal(outcome.snapshot.findEndpoint('ep-main')?.branch.name, 'main');
  t.equal(files.length, 1);
});

t.test('A catalog that others may read is refused, with the mend.', async (t) => {
  const location = aCatalogFile(t);
  chmodSync(location.file, 0o640);
  const { outcome } = loadCatalog(location, {});
  t.strictSame(printed(outcome), [
    `${shownPath(location.file)}:1:1: others may read or write it (mode 0640): chmod 600 ${location.file}`,
  ]);
});

t.test('A catalog that is not there is told; a key file that is not there is watched for.', async (t) => {
  const location = {
    file: '/nowhere/c.yaml',
    base: '/nowhere',
    keys: undefined,
    keyFile: '/nowhere/c.key',
    clientCa: false,
  };
  const { outcome, files } = loadCatalog(location, {});
  t.strictSame(printed(outcome), ['/nowhere/c.yaml:1:1: no such file']);
  t.strictSame(files, ['/nowhere/c.yaml', '/nowhere/c.key']);
});

t.test('A broken key file is told.', async (t) => {
  const { outcome } = load(t, { key: 'hunter2' });
  t.match(printed(outcome), [/catalog\.key:1:1: line 1 of the key file is not id:base64 of 32 bytes$/]);
});

t.test('A sealed password opens with the key file as it is now.', async (t) => {
  const key = formatKeyLine('k1', Buffer.alloc(32, 1));
  const parsed = parseKeyRing(key);
  if ('problem' in parsed) throw new Error(parsed.problem);
  const password = `"${seal(parsed.ring, { secret: 'secret', owner: APP }, randomBytes)}"`;
  const location = aCatalogFile(t, { key, text: catalogText({ password }) });
  const { outcome, files } = loadCatalog(location, {});
  if ('problems' in outcome) throw new Error(printed(outcome).join('\n'));
  t.equal(firstLogin(outcome.snapshot.projects), 'secret');
  t.equal(files.length, 2);

  writeFileSync(join(location.base, 'catalog.key'), formatKeyLine('k2', Buffer.alloc(32, 2)));
  chmodSync(join(location.base, 'catalog.key'), 0o600);
  t.match(printed(loadCatalog(location, {}).outcome), [
    /: sealed with key k1, which the key file lacks: put it back, or set the secret again$/,
  ]);
});

t.test('A sealed password that was moved to another role is refused where it stands.', async (t) => {
  const key = formatKeyLine('k1', Buffer.alloc(32, 1));
  const parsed = parseKeyRing(key);
  if ('problem' in parsed) throw new Error(parsed.problem);
  const password = `"${seal(parsed.ring, { secret: 'secret', owner: APP }, randomBytes)}"`;
  const other = `- { name: admin, no_login: true, upstream: { password: ${password} } }`;
  const text = catalogText().replace(/roles: \[.*\]/, `roles:\n    ${other}`);
  const { outcome } = load(t, { key, text });
  t.match(printed(outcome), [
    /catalog\.yaml:10:60: does not open with key k1: sealed for another record, or it or the key was changed: set it again$/,
  ]);
});

t.test('A key file may be missing as long as nothing is sealed, and others may not read it.', async (t) => {
  const location = aCatalogFile(t);
  const keyFile = join(location.base, 'catalog.key');
  const missing = loadCatalog({ ...location, keyFile }, {});
  t.match(missing.outcome, { warnings: [] });
  t.strictSame(missing.files, [location.file, keyFile]);
  writeFileSync(keyFile, formatKeyLine('k1', Buffer.alloc(32, 1)));
  chmodSync(keyFile, 0o604);
  t.strictSame(printed(loadCatalog({ ...location, keyFile }, {}).outcome), [
    `${shownPath(keyFile)}:1:1: others may read or write it (mode 0604): chmod 600 ${keyFile}`,
  ]);
});

t.test('Without a key nothing opens; keys that came from elsewhere do.', async (t) => {
  const parsed = parseKeyRing(formatKeyLine('k1', Buffer.alloc(32, 1)));
  if ('problem' in parsed) throw new Error(parsed.problem);
  const password = `"${seal(parsed.ring, { secret: 'secret', owner: APP }, randomBytes)}"`;
  const location = aCatalogFile(t, { text: catalogText({ password }) });
  t.match(printed(loadCatalog(location, {}).outcome), [
    /: no key to open it: give catalog\.key in portcullis\.yaml$/,
  ]);
  t.match(loadCatalog({ ...location, keys: parsed.ring }, {}).outcome, { warnings: [] });
});

t.test('Files that a catalog names are listed, there or not, and count in the digest.', async (t) => {
  const location = aCatalogFile(t, { text: catalogText({ password: '{ file: pw }' }) });
  const without = loadCatalog(location, {});
  t.match(printed(without.outcome), [/: pw: no such file$/]);
  t.strictSame(without.files, [location.file, join(location.base, 'pw')]);
  t.equal(loadCatalog(location, {}).digest, without.digest);

  writeFileSync(join(location.base, 'pw'), 'secret');
  const present = loadCatalog(location, {});
  t.match(present.outcome, { warnings: [] });
  t.not(present.digest, without.digest);
  t.notMatch(present.digest, /secret/);
});
