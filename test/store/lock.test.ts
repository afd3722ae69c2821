import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { awaitLock, takeLock } from '../../src/store/lock.ts';
import { passableFolder, type WithTeardown } from '../support/postgres.ts';

const CONTENDER = fileURLToPath(new URL('take-lock.ts', import.meta.url));

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

t.test('a lock is taken over from a process that was killed.', async (t) => {
  const path = join(await passableFolder(t), 'a.lock');
  const child = contend(t, path);
  t.equal(await answer(child), 'held');
  await t.rejects(takeLock(path), { name: 'LockError', holder: child.pid });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await using _lock = await takeLock(path);
  t.match(await readFile(path, 'utf8'), new RegExp(`^${process.pid}\n`));
});

t.test('a number that is another process by now, or a text that is none, holds nothing.', async (t) => {
  const dir = await passableFolder(t);
  for (const text of [`${process.pid}\n1\n`, '1\n', '', 'nonsense', '99999999999\n1\n', '-1\n1\n']) {
    const path = join(dir, 'a.lock');
    await writeFile(path, text);
    const lock = await takeLock(path);
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
  const all = await Promise.allSettled(Array.from({ length: 50 }, () => takeLock(path)));
  t.equal(all.filter(({ status }) => status === 'fulfilled').length, 1);
});

t.test('what is in the way is told as a lock that cannot be written.', async (t) => {
  const dir = await passableFolder(t);
  await mkdir(join(dir, 'a.lock'));
  const obstacle = { name: 'LockError', holder: undefined };
  await t.rejects(takeLock(join(dir, 'a.lock')), { ...obstacle, cause: { code: 'EISDIR' } });
  t.strictSame(await readdir(dir), ['a.lock']);
  await writeFile(join(dir, 'file'), '');
  await t.rejects(takeLock(join(dir, 'file', 'b.lock')), { ...obstacle, cause: { code: 'ENOTDIR' } });
});

t.test('a lock whose folder was removed, or replaced by a file, is given back.', async (t) => {
  const dir = join(await passableFolder(t), 'folder');
  for (const isReplaced of [false, true]) {
    await mkdir(dir);
    const lock = await takeLock(join(dir, 'a.lock'));
    await rm(dir, { recursive: true });
    if (isReplaced) await writeFile(dir, '');
    await t.resolves(lock.release());
  }
});

t.test('one who waits gets the lock when it is given back, and no earlier.', async (t) => {
  const path = join(await passableFolder(t), 'a.lock');
  const first = await takeLock(path);
  await t.rejects(awaitLock(path, 0), { name: 'LockError', holder: process.pid });
  const waiting = awaitLock(path, 30_000);
  const early = await Promise.race([waiting.then(() => 'held'), setTimeout(100, 'waits')]);
  t.equal(early, 'waits');
  await first.release();
  await using _lock = await waiting;
  t.match(await readFile(path, 'utf8'), new RegExp(`^${process.pid}\n`));
});

t.test('a folder that cannot be written to holds nobody up.', async (t) => {
  const path = join(await passableFolder(t), 'absent', 'a.lock');
  await t.rejects(awaitLock(path, 30_000), {
    name: 'LockError',
    holder: undefined,
    cause: { code: 'ENOENT' },
  });
});
