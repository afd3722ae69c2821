import { chmodSync } from 'node:fs';
import { join, relative } from 'node:path';
import t from 'tap';
import { loadEnvironment, loadServerConfig, shownPath } from '../../src/store/config-file.ts';

const KEY_LINE = `k1:${'A'.repeat(43)}=\n`;
const YAML =
  'tls: { certificates: [{ cert: certs/a.crt, key: certs/a.key }] }\ncatalog: { file: catalog.yaml, key: { file: catalog.key } }\n';

t.test('Paths start from the folder of the file, and from the one above `config`.', async (t) => {
  const folder = t.testdir({
    flat: { 'portcullis.yaml': YAML, 'catalog.key': KEY_LINE },
    deep: { config: { 'portcullis.yaml': YAML }, 'catalog.key': KEY_LINE },
  });
  for (const [path, base] of [
    ['flat/portcullis.yaml', 'flat'],
    ['deep/config/portcullis.yaml', 'deep'],
  ] as const) {
    chmodSync(join(folder, base, 'catalog.key'), 0o600);
    const loaded = await loadServerConfig(join(folder, path), {});
    t.match(loaded, {
      config: {
        tls: { certificates: [{ cert: join(folder, base, 'certs/a.crt') }] },
        catalog: { file: join(folder, base, 'catalog.yaml'), keyFile: join(folder, base, 'catalog.key') },
      },
      warnings: [],
    });
  }
});

t.test('A relative path is taken from the working directory, and problems name it so.', async (t) => {
  const folder = relative(process.cwd(), t.testdir({ 'portcullis.yaml': 'x: 1' }));
  const path = join(folder, 'portcullis.yaml');
  const loaded = await loadServerConfig(path, {});
  t.match(loaded, { problems: [{ file: path }, { file: path }, { file: path }] });
  t.strictSame(await loadServerConfig(join(folder, 'none.yaml'), {}), {
    problems: [
      { file: join(folder, 'none.yaml'), line: 1, column: 1, message: 'no such file', severity: 'error' },
    ],
  });
});

t.test('A configuration without keys has no key file to look at.', async (t) => {
  const folder = t.testdir({
    'portcullis.yaml': 'tls: { certificates: [{ cert: a, key: b }] }\ncatalog: { file: c }',
  });
  t.match(await loadServerConfig(join(folder, 'portcullis.yaml'), {}), {
    warnings: [],
    config: { catalog: { keyFile: undefined } },
  });
});

t.test('The sidecar’s paths start from the working directory.', async (t) => {
  const folder = t.testdir({ url: 'postgres://gate:secret@db/app\n' });
  const loaded = await loadEnvironment({
    PORTCULLIS_UPSTREAM_FILE: relative(process.cwd(), join(folder, 'url')),
  });
  t.match(loaded, {
    sidecar: { config: { tls: { certificates: [{ cert: join(process.cwd(), 'certs/server.crt') }] } } },
  });
});

t.test('A path is shown as one would type it.', async (t) => {
  t.equal(shownPath(join(process.cwd(), 'config/catalog.yaml')), 'config/catalog.yaml');
  t.equal(shownPath('/etc/portcullis/catalog.yaml'), '/etc/portcullis/catalog.yaml');
  t.equal(shownPath(process.cwd()), process.cwd());
});
