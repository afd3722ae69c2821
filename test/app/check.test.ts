import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { checkConfiguration } from '../../src/app/check.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { catalogText } from '../store/a-catalog-file.ts';
import { issued } from '../support/issued.ts';

const CONFIG = `listen: [{ address: 127.0.0.1:0 }]
tls: { certificates: [{ cert: server.crt, key: server.key }] }
catalog: { file: catalog.yaml }
`;

interface Folder {
  testdir(content: Record<string, string>): string;
}

/** A folder of a good configuration with these files in place of its own. */
async function folderOf(t: Folder, other: Record<string, string> = {}): Promise<string> {
  const files = {
    'portcullis.yaml': CONFIG,
    'catalog.yaml': catalogText(),
    'server.crt': issued.certificatePem,
    'server.key': issued.privateKeyPem,
  };
  const folder = t.testdir({ ...files, ...other });
  for (const name of ['catalog.yaml', 'server.key']) await chmod(join(folder, name), 0o600);
  return folder;
}

/** What is said, by file. */
async function said(folder: string, env: Record<string, string> = {}): Promise<string[]> {
  const problems = await checkConfiguration(join(folder, 'portcullis.yaml'), env);
  return problems.map((problem) =>
    formatProblem(problem)
      .split(`${folder}/`)
      .join('')
      .replace(/^.*\/(?=\w+\.)/, ''),
  );
}

t.test('Nothing is said of a folder that is good.', async (t) => {
  t.strictSame(
    (await said(await folderOf(t))).filter((line) => !line.includes('warning')),
    [],
  );
});

t.test('A mistake in every file is told at once, each with its place and its mend.', async (t) => {
  const folder = await folderOf(t, {
    'portcullis.yaml': `${CONFIG}lsiten: []\ndrain: "\${MISSING}"\n`,
    'catalog.yaml': catalogText().replace('ep-main', 'main').replace('default: true', 'defualt: true'),
    'server.key': 'nothing of the kind',
  });
  await chmod(join(folder, 'catalog.yaml'), 0o644);
  await chmod(join(folder, 'server.key'), 0o644);
  const lines = await said(folder);
  for (const wanted of [
    /portcullis\.yaml:4:1: unknown key "lsiten", did you mean "listen"\?/,
    /portcullis\.yaml:5:\d+: .*MISSING/,
    /catalog\.yaml:1:1: others may read or write it \(mode 0644\): chmod 600/,
    /catalog\.yaml:\d+:\d+: unknown key "defualt", did you mean "default"\?/,
    /catalog\.yaml:\d+:\d+: .*must be ep-/,
    /server\.key:1:1: .*chmod 0600/,
    /server\.key:1:1: no private key in PEM form/,
  ]) {
    t.ok(
      lines.some((line) => wanted.test(line)),
      String(wanted),
    );
  }
  for (const line of lines) t.match(line, /:\d+:\d+: [^\n]+$/);
});

t.test(
  'A key file that cannot be used hides nothing of the catalog, and nothing is told twice.',
  async (t) => {
    const sealed = catalogText({ endpoint: 'main', password: 'sealed:v1:k:AAAAAAAAAAAAAAAAAAAAAAAAAAAA' });
    const config = CONFIG.replace('catalog.yaml }', 'catalog.yaml, key: { file: catalog.key } }');
    const folder = await folderOf(t, {
      'portcullis.yaml': config,
      'catalog.yaml': sealed,
      'catalog.key': 'nonsense',
    });
    await chmod(join(folder, 'catalog.key'), 0o600);
    const errors = (await said(folder)).filter((line) => !line.includes('warning'));
    t.equal(errors.length, 2, errors.join('\n'));
    t.match(errors[0], /catalog\.key:1:1: /);
    t.match(errors[1], /catalog\.yaml:\d+:\d+: .*must be ep-/);
  },
);

t.test('A configuration that cannot be read at all is one problem.', async (t) => {
  const folder = await folderOf(t, { 'portcullis.yaml': 'listen: [\n' });
  t.match(await said(folder), [/^portcullis\.yaml:\d+:\d+: /]);
  const missing = await checkConfiguration(join(folder, 'absent.yaml'), {});
  t.match(missing.map(formatProblem), [/absent\.yaml:1:1: no such file/]);
});

t.test('Of variables that are wrong, the certificate they name is checked too.', async (t) => {
  const folder = await folderOf(t);
  await writeFile(
    join(folder, 'server.crt'),
    (await readFile(join(folder, 'server.crt'), 'utf8')).slice(0, 99),
  );
  const env = {
    PORTCULLIS_UPSTREAM: 'nonsense',
    PORTCULLIS_TLS_CERT: join(folder, 'server.crt'),
    PORTCULLIS_TLS_KEY: join(folder, 'server.key'),
  };
  const lines = (await checkConfiguration(undefined, env)).map(formatProblem);
  t.match(lines[0], /^PORTCULLIS_UPSTREAM: is not a URL/);
  t.match(lines[1], /server\.crt:1:1: /);
  const only = await checkConfiguration(undefined, { PORTCULLIS_UPSTREAM: 'nonsense' });
  t.equal(only.length, 1);
});
