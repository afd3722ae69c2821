import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { parseAddress } from '../../src/allowlist/address.ts';
import { formatKeyLine, parseKeyRing } from '../../src/config/key-ring.ts';
import { loadCatalog } from '../../src/store/catalog-file.ts';
import { loadAside } from '../../src/store/catalog-thread.ts';
import { aCatalogFile, catalogText } from './a-catalog-file.ts';

const { signal } = new AbortController();
/** Every catalog is large. */
const ANY = { signal, small: 0 };

const ENTRIES = 3000;
const entries = Array.from({ length: ENTRIES }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
const LARGE = catalogText().replace(
  '  branches:',
  `  settings: { allowed_ips: { ips: [${entries.join(', ')}] } }\n  branches:`,
);

t.test('A large catalog is read in a thread, and decides as it would here.', async (t) => {
  const location = aCatalogFile(t, { text: LARGE });
  const { outcome, files } = await loadAside(location, {}, { signal });
  t.strictSame(files, [location.file]);
  if ('problems' in outcome) throw new Error('not loaded');
  const { snapshot } = outcome;
  const [project] = snapshot.projects;
  const [branch] = project?.branches ?? [];
  if (project === undefined || branch === undefined) throw new Error('no branch');
  t.equal(project.allowedIps?.ips.length, ENTRIES);
  const list = snapshot.allowlistOf(project, branch);
  for (const [text, admits] of [
    ['10.11.5.7', true],
    ['10.12.5.7', false],
  ] as const) {
    const address = parseAddress(text);
    t.equal(address && list?.admits(address), admits, text);
  }
});

/** A catalog whose auth_query has this password, written as YAML. */
function withPassword(password: string): string {
  return catalogText().replace('upstream:', `auth_query: { role: p, password: ${password} }\n    upstream:`);
}

t.test('Variables, files and keys reach the thread; what is wrong comes back with its place.', async (t) => {
  const parsed = parseKeyRing(formatKeyLine('k1', randomBytes(32)));
  if ('problem' in parsed) throw new Error(parsed.problem);
  const env = { WORD: 'from outside' };
  for (const [password, secret] of [
    [`"\${WORD}"`, 'from outside'],
    ['{ file: pw }', 'from a file'],
  ] as const) {
    const location = aCatalogFile(t, { text: withPassword(password), files: { pw: 'from a file' } });
    const { outcome } = await loadAside(location, env, ANY);
    if ('problems' in outcome) throw new Error(outcome.problems.map(({ message }) => message).join('; '));
    t.equal(outcome.snapshot.projects[0]?.branches[0]?.authQuery?.password?.reveal(), secret);
  }
  const plain = aCatalogFile(t, { text: withPassword('"plain"') });
  t.match(await loadAside(plain, env, ANY), {
    outcome: { problems: [{ line: 8, message: /must not be plain text/ }] },
  });
  const sealed = `"sealed:v1:k1:${randomBytes(40).toString('base64')}"`;
  const location = { ...aCatalogFile(t, { text: withPassword(sealed) }), keys: parsed.ring };
  const { outcome } = await loadAside(location, env, ANY);
  t.strictSame(outcome, loadCatalog(location, env).outcome, 'the same words for a text that no key opens');
});

t.test('A catalog that is not there is no large one, and told of as such.', async (t) => {
  const location = aCatalogFile(t);
  rmSync(location.file);
  t.match(await loadAside(location, {}, ANY), { outcome: { problems: [{ message: 'no such file' }] } });
});

t.test('A thread that fails, or says nothing, is a problem without the catalog’s text in it.', async (t) => {
  const location = aCatalogFile(t, { key: formatKeyLine('k1', randomBytes(32)) });
  for (const [code, kind] of [
    ['throw new RangeError("hush");', 'RangeError'],
    ['', 'Error'],
  ] as const) {
    const worker = join(location.base, `${kind}.mjs`);
    writeFileSync(worker, code);
    const { outcome, files } = await loadAside(location, {}, { ...ANY, worker: pathToFileURL(worker) });
    const message = `could not be read in a thread of its own (${kind}): it is tried again`;
    t.match(outcome, { problems: [{ line: 1, message }] });
    t.strictSame(files, [location.file, join(location.base, 'catalog.key')]);
  }
});

t.test('An end that comes meanwhile, or came before, ends the thread.', async (t) => {
  const location = aCatalogFile(t);
  const worker = join(location.base, 'forever.mjs');
  writeFileSync(worker, 'setInterval(() => {}, 1000);');
  const end = new AbortController();
  const options = { small: 0, worker: pathToFileURL(worker), signal: end.signal };
  const loading = loadAside(location, {}, options);
  end.abort();
  t.match(await loading, { outcome: { problems: [{}] } });
  t.match(await loadAside(location, {}, options), { outcome: { problems: [{}] } });
});
