import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { removeDrafts, writeFileAtomic } from '../../src/store/write-file.ts';

t.test('A new file has its text and exactly its mode, whatever the umask.', async (t) => {
  const path = join(t.testdir(), 'a.key');
  const before = process.umask(0o077);
  t.teardown(() => process.umask(before));
  await writeFileAtomic(path, 'text', 0o644);
  t.equal(await readFile(path, 'utf8'), 'text');
  t.equal((await stat(path)).mode & 0o777, 0o644);
});

t.test('A file is replaced, not written over: who has it open goes on reading the old one.', async (t) => {
  const dir = t.testdir({ file: 'old' });
  const path = join(dir, 'file');
  await chmod(path, 0o666);
  await link(path, join(dir, 'witness'));
  await writeFileAtomic(path, 'new', 0o600);
  t.equal(await readFile(path, 'utf8'), 'new');
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.equal(await readFile(join(dir, 'witness'), 'utf8'), 'old');
  t.strictSame((await readdir(dir)).sort(), ['file', 'witness']);
});

t.test('A link stays a link, and what it leads to is replaced.', async (t) => {
  const dir = t.testdir({ real: { file: 'old' } });
  await symlink(join('real', 'file'), join(dir, 'link'));
  await writeFileAtomic(join(dir, 'link'), 'new', 0o600);
  t.equal((await lstat(join(dir, 'link'))).isSymbolicLink(), true);
  t.equal(await readFile(join(dir, 'real', 'file'), 'utf8'), 'new');
});

t.test('What cannot be written leaves nothing behind, and the error is the system’s.', async (t) => {
  const dir = t.testdir({ folder: { inside: 'x' } });
  await t.rejects(writeFileAtomic(join(dir, 'folder'), 'text', 0o600), { code: 'EISDIR' });
  await t.rejects(writeFileAtomic(join(dir, 'nowhere', 'file'), 'text', 0o600), { code: 'ENOENT' });
  await t.rejects(writeFileAtomic(join(dir, 'folder', 'inside', 'file'), 'text', 0o600), { code: 'ENOTDIR' });
  t.strictSame(await readdir(dir), ['folder']);
});

t.test('What a killed writer of a file left is removed, and nothing else.', async (t) => {
  const left = '.catalog.yaml.0123456789ab.tmp';
  const others = [
    '.catalog.yaml.pending.0123456789ab.tmp',
    '.catalog.yaml.mine.tmp',
    '.other.0123456789ab.tmp',
  ];
  const kept = ['catalog.yaml', ...others];
  const dir = t.testdir({ real: Object.fromEntries([left, ...kept].map((name) => [name, 'x'])) });
  await symlink(join('real', 'catalog.yaml'), join(dir, 'link'));
  await removeDrafts(join(dir, 'link'));
  t.strictSame((await readdir(join(dir, 'real'))).toSorted(), kept.toSorted());
  await t.resolves(removeDrafts(join(dir, 'nowhere', 'file')));
});

t.test('The owner of a replaced file stays its owner.', { skip: process.getuid?.() !== 0 }, async (t) => {
  const dir = join(t.testdir(), 'owned');
  await mkdir(dir);
  const path = join(dir, 'catalog.yaml');
  await writeFile(path, 'old', { mode: 0o600 });
  await chown(path, 12_345, 54_321);
  await writeFileAtomic(path, 'new', 0o600);
  const { uid, gid, mode } = await stat(path);
  t.strictSame({ uid, gid, mode: mode & 0o777 }, { uid: 12_345, gid: 54_321, mode: 0o600 });
});
