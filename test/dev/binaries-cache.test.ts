import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { runsAsRoot, serverAccount } from '../../src/dev/account.ts';
import { cacheFolders, usableCopy } from '../../src/dev/binaries-cache.ts';
import type { Installed } from '../../src/dev/installed.ts';
import { passableFolder, type WithTeardown } from '../support/postgres.ts';

const FILES = {
  'bin/postgres': 0o755,
  'lib/libpq.so.5.18': 0o600,
  'lib/libpq.a': 0o644,
  'lib/pkgconfig/libpq.pc': 0o644,
  'lib/postgresql/plpgsql.so': 0o664,
  'lib/postgresql/pgxs/src/Makefile.global': 0o644,
  'share/postgresql/postgres.bki': 0o640,
};

/** A package that is installed as under a narrow umask, and without its names for libraries. */
async function installed(t: WithTeardown): Promise<Installed> {
  const native = await passableFolder(t);
  for (const [path, mode] of Object.entries(FILES)) {
    await mkdir(join(native, dirname(path)), { recursive: true, mode: 0o700 });
    await writeFile(join(native, path), path);
    await chmod(join(native, path), mode);
  }
  // One that an install script has made is not copied: it is made anew.
  await symlink('libpq.so.5.18', join(native, 'lib', 'libpq.so'));
  const links = ['lib/libpq.so', 'lib/libpq.so.5'].map((target) => ({ source: 'lib/libpq.so.5.18', target }));
  return { version: '18.4', native, links };
}

async function modeOf(path: string): Promise<number> {
  return (await lstat(path)).mode & 0o777;
}

t.test('what is needed is copied so that everybody can run it and only we can change it.', async (t) => {
  const cache = join(await passableFolder(t), 'cache');
  const copy = await usableCopy(await installed(t), await serverAccount(), [cache]);
  t.equal(dirname(copy), cache);
  t.strictSame((await readdir(copy, { recursive: true })).sort(), [
    'bin',
    'bin/postgres',
    'lib',
    'lib/libpq.so',
    'lib/libpq.so.5',
    'lib/libpq.so.5.18',
    'lib/postgresql',
    'lib/postgresql/plpgsql.so',
    'share',
    'share/postgresql',
    'share/postgresql/postgres.bki',
  ]);
  t.equal(await readlink(join(copy, 'lib/libpq.so.5')), 'libpq.so.5.18');
  t.equal(await readFile(join(copy, 'lib/libpq.so.5'), 'utf8'), 'lib/libpq.so.5.18');
  for (const path of ['', 'bin', 'bin/postgres', 'share/postgresql']) {
    t.equal(await modeOf(join(copy, path)), 0o755, path);
  }
  for (const path of ['lib/libpq.so.5.18', 'lib/postgresql/plpgsql.so', 'share/postgresql/postgres.bki']) {
    t.equal(await modeOf(join(copy, path)), 0o644, path);
  }
});

t.test('a copy is made once, also when several ask at the same time.', async (t) => {
  const cache = await passableFolder(t);
  await chmod(cache, 0o755);
  const [account, source] = [await serverAccount(), await installed(t)];
  const copies = await Promise.all(Array.from({ length: 5 }, () => usableCopy(source, account, [cache])));
  t.equal(new Set(copies).size, 1);
  t.equal((await readdir(cache)).length, 1, 'no draft is left');
  const before = await stat(`${copies[0]}`);
  t.equal(await usableCopy(source, account, [cache]), copies[0]);
  t.equal((await stat(`${copies[0]}`)).ino, before.ino);
  const other = await usableCopy({ ...source, version: '18.5' }, account, [cache]);
  t.not(other, copies[0], 'another version has another copy');
});

t.test('a copy that lost something is made anew.', async (t) => {
  const cache = await passableFolder(t);
  const [account, source] = [await serverAccount(), await installed(t)];
  const copy = await usableCopy(source, account, [cache]);
  const harms = [
    () => truncate(join(copy, 'bin/postgres')),
    () => rm(join(copy, 'lib/libpq.so.5')),
    () => rm(join(copy, 'share'), { recursive: true }),
    async () => {
      await rm(copy, { recursive: true });
      await writeFile(copy, 'a file');
    },
  ];
  for (const harm of harms) {
    await harm();
    t.equal(await usableCopy(source, account, [cache]), copy);
    t.equal(await readFile(join(copy, 'bin/postgres'), 'utf8'), 'bin/postgres');
    t.equal(await readFile(join(copy, 'lib/libpq.so.5'), 'utf8'), 'lib/libpq.so.5.18');
    t.equal(
      await readFile(join(copy, 'share/postgresql/postgres.bki'), 'utf8'),
      'share/postgresql/postgres.bki',
    );
  }
});

t.test('what somebody else could have put into a cache is never used.', async (t) => {
  const cache = await passableFolder(t);
  const [account, source] = [await serverAccount(), await installed(t)];
  const trap = await usableCopy(source, account, [cache]);
  await chmod(cache, 0o777);
  const copy = await usableCopy(source, account, [cache]);
  t.teardown(() => rm(dirname(copy), { recursive: true }));
  t.not(copy, trap);
  t.equal(dirname(dirname(copy)), tmpdir());
  t.equal(await modeOf(dirname(copy)), 0o755);
  if (!runsAsRoot()) return;
  await chmod(cache, 0o755);
  await chown(cache, account.uid, account.gid);
  const second = await usableCopy(source, account, [cache, dirname(copy)]);
  t.equal(second, copy, 'of another user: the next place');
});

t.test('what a killed process left half made goes when it is old.', async (t) => {
  const cache = await passableFolder(t);
  const [account, source] = [await serverAccount(), await installed(t)];
  for (const name of ['.making-old', '.making-new']) await mkdir(join(cache, name));
  await utimes(join(cache, '.making-old'), 0, 0);
  const copy = await usableCopy(source, account, [cache]);
  t.strictSame((await readdir(cache)).map((name) => join(cache, name)).sort(), [
    join(cache, '.making-new'),
    copy,
  ]);
});

t.test('the cache is in the place that the platform has for it.', async (t) => {
  const [first, second] = cacheFolders({ XDG_CACHE_HOME: '/x' });
  t.equal(first, runsAsRoot() ? '/var/cache/portcullis' : '/x/portcullis');
  t.equal(second, join(tmpdir(), `portcullis-${process.geteuid?.()}`));
  const [relative] = cacheFolders({ XDG_CACHE_HOME: 'x' });
  t.match(relative, /^\/.*portcullis$/);
});
