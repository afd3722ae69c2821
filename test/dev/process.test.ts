import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { isServerOf, processStart } from '../../src/dev/process.ts';
import { passableFolder, startEmbedded } from '../support/postgres.ts';

/** A place without a process file system, as on macOS: `ps` answers. */
const NO_PROC = '/nonexistent';

t.test('a live process has a start that stays, and differs from a later one.', async (t) => {
  for (const proc of [undefined, NO_PROC]) {
    const own = await processStart(process.pid, proc);
    t.type(own, 'string');
    t.equal(await processStart(process.pid, proc), own);
    t.not(await processStart(1, proc), undefined);
  }
  t.not(await processStart(process.pid), await processStart(1));
});

t.test('a process that has ended has none.', async (t) => {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  const { pid = 0 } = child;
  await once(child, 'exit');
  t.equal(await processStart(pid), undefined);
  t.equal(await processStart(pid, NO_PROC), undefined);
});

t.test('one that nobody has waited for counts as ended, and a name cannot pose as its state.', async (t) => {
  const proc = await passableFolder(t);
  const rest = ' 1 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 777 0 0';
  await mkdir(join(proc, 'self'));
  await mkdir(join(proc, '10'));
  await writeFile(join(proc, '10', 'stat'), `10 (postgres) Z${rest}`);
  t.equal(await processStart(10, proc), undefined);
  await writeFile(join(proc, '10', 'stat'), `10 (a) Z 1) S${rest}`);
  t.equal(await processStart(10, proc), '777');
});

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
