import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { isServerOf } from '../../src/dev/process.ts';
import { passableFolder, startEmbedded } from '../support/postgres.ts';

/** A place without a process file system, as on macOS: `ps` answers. */
const NO_PROC = '/nonexistent';

t.test('a server is known by its data folder, not by its number.', async (t) => {
  const { cluster, socketDir } = await startEmbedded(t);
  const dataDir = join(socketDir, '..', 'data');
  for (const proc of [undefined, NO_PROC]) {
    t.equal(await isServerOf(cluster.pid, dataDir, proc), true);
    t.equal(await isServerOf(cluster.pid, `${dataDir}2`, proc), false, 'of another folder');
    t.equal(await isServerOf(process.pid, dataDir, proc), false, 'another process');
  }
  await cluster.stop();
  t.equal(await isServerOf(cluster.pid, dataDir), false);
  t.equal(await isServerOf(cluster.pid, dataDir, NO_PROC), false);
});

t.test('another program that works in the folder is no server.', async (t) => {
  const proc = await passableFolder(t);
  await mkdir(join(proc, 'self'));
  await mkdir(join(proc, '10'));
  await symlink('/data', join(proc, '10', 'cwd'));
  await writeFile(join(proc, '10', 'comm'), 'bash\n');
  t.equal(await isServerOf(10, '/data', proc), false);
  await writeFile(join(proc, '10', 'comm'), 'postgres\n');
  t.equal(await isServerOf(10, '/data', proc), true);
});
