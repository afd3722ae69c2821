import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { lockDevFolder, takeLock } from '../../src/dev/lock.ts';
import { passableFolder, type WithTeardown } from '../support/postgres.ts';

const CONTENDER = fileURLToPath(new URL('take-lock.ts', import.meta.url));
const busy = (pid: number): string => `busy ${pid}`;

type Contender = ChildProcessByStdio<Writable, Readable, null>;

function contend(t: WithTeardown, path: string): Contender {
  const child = spawn(process.execPath, [CONTENDER, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(async () => {
    child.kill('SIGKILL');
  });
  return child;
}

async function answer(child: Contender): Promise<string> {
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return chunk.toString().trim();
}

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

t.test('a lock is taken over from a process that was killed.', async (t) => {
  const path = join(await passableFolder(t), 'a.lock');
  const child = contend(t, path);
  t.equal(await answer(child), 'held');
  await t.rejects(takeLock(path, busy), { message: `busy ${child.pid}` });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await using _lock = await takeLock(path, busy);
  t.match(await readFile(path, 'utf8'), new RegExp(`^${process.pid}\n`));
});

t.test('a number that is another process by now, or a text that is none, holds nothing.', async (t) => {
  const dir = await passableFolder(t);
  for (const text of [`${process.pid}\n1\n`, '1\n', '', 'nonsense', '99999999999\n1\n', '-1\n1\n']) {
    const path = join(dir, 'a.lock');
    await writeFile(path, text);
    const lock = await takeLock(path, busy);
    await lock.release();
  }
  t.strictSame(await readdir(dir), []);
});

t.test('of many who find a dead lock at once, exactly one gets it.', async (t) => {
  const dir = await passableFolder(t);
  const path = join(dir, 'a.lock');
  await writeFile(path, '1\n1\n');
  const contenders = Array.from({ length: 5 }, () => contend(t, path));
  const answers = await Promise.all(contenders.map(answer));
  const winners = contenders.filter((_, index) => answers[index] === 'held');
  t.equal(winners.length, 1);
  t.match(await readFile(path, 'utf8'), new RegExp(`^${winners[0]?.pid}\n`));
  t.strictSame(await readdir(dir), ['a.lock']);
});

t.test('within one process, too.', async (t) => {
  const path = join(await passableFolder(t), 'a.lock');
  await writeFile(path, '1\n1\n');
  const all = await Promise.allSettled(Array.from({ length: 50 }, () => takeLock(path, busy)));
  t.equal(all.filter(({ status }) => status === 'fulfilled').length, 1);
});

t.test('a folder that cannot be written to is an error with a mend.', async (t) => {
  const dir = await passableFolder(t);
  await t.rejects(lockDevFolder(join(dir, 'absent')), { name: 'DevError', message: /ENOENT.*--dir/ });
});
