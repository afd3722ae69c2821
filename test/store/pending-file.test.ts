import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { PendingFile } from '../../src/store/pending-file.ts';

const INTENT = { project: 'p', branch: 'br-a', databases: ['d'], roles: ['r'] };

t.test('What was begun is kept beside the catalog, for its owner alone, until it is over.', async (t) => {
  const folder = t.testdir({ 'catalog.yaml': 'projects: []' });
  const file = new PendingFile(join(folder, 'catalog.yaml'));
  t.equal(await file.read(), undefined);
  await file.keep(INTENT);
  t.strictSame(await file.read(), INTENT);
  t.equal((await stat(join(folder, 'catalog.yaml.pending'))).mode & 0o777, 0o600);
  await file.clear();
  await file.clear();
  t.strictSame(await readdir(folder), ['catalog.yaml']);
});

t.test('A link to the catalog leads to the same place.', async (t) => {
  const folder = t.testdir({ real: { 'catalog.yaml': 'projects: []' } });
  await symlink(join(folder, 'real/catalog.yaml'), join(folder, 'link.yaml'));
  await new PendingFile(join(folder, 'link.yaml')).keep(INTENT);
  t.strictSame(await new PendingFile(join(folder, 'real/catalog.yaml')).read(), INTENT);
});

t.test('One at a time works on branches.', async (t) => {
  const file = new PendingFile(join(t.testdir({}), 'catalog.yaml'));
  {
    await using held = await file.hold();
    t.ok(held);
    t.equal(await file.hold(), undefined);
  }
  await using again = await file.hold();
  t.ok(again);
});

t.test('A damaged file is not guessed at.', async (t) => {
  const folder = t.testdir({});
  const file = new PendingFile(join(folder, 'catalog.yaml'));
  for (const text of [
    '',
    '{',
    '{}',
    JSON.stringify({ ...INTENT, more: 1 }),
    JSON.stringify({ ...INTENT, roles: [''] }),
  ]) {
    await writeFile(join(folder, 'catalog.yaml.pending'), text);
    await t.rejects(
      file.read(),
      { name: 'ProvisionError', message: /catalog\.yaml\.pending is not as it was written/ },
      text,
    );
  }
});

t.test('A full disk or a closed folder is told with the mend.', async (t) => {
  const folder = t.testdir({});
  const full = new PendingFile(join(folder, 'catalog.yaml'), () =>
    Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
  );
  await t.rejects(full.keep(INTENT), /\(ENOSPC\), nothing was changed: make room/);
  await t.rejects(
    new PendingFile(join(folder, 'absent/catalog.yaml')).hold(),
    /\(ENOENT\), nothing was changed/,
  );
  await mkdir(join(folder, 'catalog.yaml.pending'));
  await t.rejects(new PendingFile(join(folder, 'catalog.yaml')).read(), { code: 'EISDIR' });
});
