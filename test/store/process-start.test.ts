import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { processStart } from '../../src/store/process-start.ts';
import { passableFolder } from '../support/postgres.ts';

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
