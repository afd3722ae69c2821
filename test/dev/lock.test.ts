import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { lockDevFolder } from '../../src/dev/lock.ts';
import { passableFolder } from '../support/postgres.ts';

t.test('a folder has one dev at a time, and the second is told of the first.', async (t) => {
  const dir = await passableFolder(t);
  const lock = await lockDevFolder(dir);
  await t.rejects(lockDevFolder(dir), {
    name: 'DevError',
    message: `another portcullis dev (pid ${process.pid}) uses ${dir}: stop it, or give --dir another folder`,
  });
  await lock.release();
  await lock.release();
  t.strictSame(await readdir(dir), [], 'nothing is left over');
  await using _again = await lockDevFolder(dir);
});

t.test('a folder that cannot be written to is an error with a mend.', async (t) => {
  const dir = await passableFolder(t);
  await t.rejects(lockDevFolder(join(dir, 'absent')), { name: 'DevError', message: /ENOENT.*--dir/ });
});
