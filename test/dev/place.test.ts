import {
  chmod,
  lstat,
  mkdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { databasePlace, makeDevFolder, socketFolder } from '../../src/dev/place.ts';
import { passableFolder, type WithTeardown } from '../support/postgres.ts';

/** Not us, whoever runs the tests: what root's own server account is. */
const STRANGER = { name: 'stranger', uid: 54_321, gid: 54_322 };

interface Scene {
  /** In a folder that only we can pass. */
  readonly dir: string;
  readonly top: string;
  readonly far: string;
  readonly notes: string[];
  readonly options: { note: (line: string) => void; farFolders: string[] };
}

async function scene(t: WithTeardown): Promise<Scene> {
  const root = await passableFolder(t);
  const top = join(root, 'home');
  await mkdir(top, { mode: 0o700 });
  const dir = await makeDevFolder(join(top, 'work', '.portcullis'));
  const notes: string[] = [];
  const far = join(root, 'lib');
  return { dir, top, far, notes, options: { note: (line) => notes.push(line), farFolders: [far] } };
}

t.test('folders that dev makes let the server through; those that it finds stay as they are.', async (t) => {
  const { dir, top } = await scene(t);
  t.equal((await stat(dir)).mode & 0o777, 0o711);
  t.equal((await stat(join(dir, '..'))).mode & 0o777, 0o711);
  t.equal((await stat(top)).mode & 0o777, 0o700);
  await chmod(dir, 0o750);
  await symlink(dir, join(top, 'link'));
  t.equal(await makeDevFolder(join(top, 'link')), dir);
  t.equal((await stat(dir)).mode & 0o777, 0o750);
});

t.test("the database is in dev's own folder where the server can get there.", async (t) => {
  const { dir, top, options, notes } = await scene(t);
  await chmod(top, 0o711);
  const place = await databasePlace(dir, STRANGER, options);
  const parent = join(dir, 'postgres');
  t.strictSame(place, { parent, dataDir: join(parent, 'data'), socketDir: join(parent, 'run') });
  t.equal((await lstat(parent)).mode & 0o777, 0o711);
  t.strictSame(await databasePlace(dir, STRANGER, options), place, 'and is found again');
  t.strictSame(notes, []);
});

t.test('below a closed home the database is elsewhere, and a link leads to it.', async (t) => {
  const { dir, far, options, notes } = await scene(t);
  const place = await databasePlace(dir, STRANGER, options);
  t.match(place.parent, new RegExp(`^${far}/dev-[0-9a-f]{16}$`));
  t.equal(await readlink(join(dir, 'postgres')), place.parent);
  t.equal(notes.length, 1);
  t.match(notes[0], /links to/);
  await mkdir(place.dataDir);
  t.strictSame(await databasePlace(dir, STRANGER, options), place, 'and is found again');
  t.equal(notes.length, 1);
});

t.test("a new --dir in a removed one's place begins anew, and the old database is kept once.", async (t) => {
  const { dir, options, notes } = await scene(t);
  for (const text of ['first', 'second']) {
    const { parent } = await databasePlace(dir, STRANGER, options);
    await mkdir(join(parent, 'data'));
    await writeFile(join(parent, 'mark'), text);
    await rm(join(dir, 'postgres'));
  }
  const { parent } = await databasePlace(dir, STRANGER, options);
  t.equal(await readFile(join(`${parent}.old`, 'mark'), 'utf8'), 'second');
  await t.rejects(stat(join(parent, 'mark')), { code: 'ENOENT' });
  t.equal(notes.filter((line) => line.endsWith('.old')).length, 2);
});

t.test('a link to nothing is replaced.', async (t) => {
  const { dir, options } = await scene(t);
  await symlink('/nonexistent/place', join(dir, 'postgres'));
  const { parent } = await databasePlace(dir, STRANGER, options);
  t.equal(await realpath(join(dir, 'postgres')), parent);
});

t.test(
  'a folder that went out of reach is replaced while it holds no data, and else an error.',
  async (t) => {
    const { dir, far, options } = await scene(t);
    await mkdir(join(dir, 'postgres', 'data'), { recursive: true });
    await t.rejects(databasePlace(dir, STRANGER, options), {
      name: 'DevError',
      message: /user stranger.*cannot reach .*chmod o\+x/,
    });
    await rm(join(dir, 'postgres', 'data'), { recursive: true });
    const { parent } = await databasePlace(dir, STRANGER, options);
    t.match(parent, far);
  },
);

t.test('no place at all is an error.', async (t) => {
  const { dir, far, options } = await scene(t);
  await writeFile(far, 'a file in its way');
  await t.rejects(databasePlace(dir, STRANGER, options), { name: 'DevError', message: /--dir/ });
});

t.test("a socket's name fits into an address, and stays the same.", async (t) => {
  const temporary = await passableFolder(t);
  t.equal(await socketFolder('/short', STRANGER, temporary), '/short/run');
  const long = `/${'x'.repeat(100)}`;
  const stable = await socketFolder(long, STRANGER, temporary);
  t.match(stable, new RegExp(`^${temporary}/portcullis-[0-9a-f]{16}$`));
  t.equal(await socketFolder(long, STRANGER, temporary), stable);
  await mkdir(stable);
  const us = { name: 'us', uid: process.geteuid?.() ?? 0, gid: 0 };
  t.equal(await socketFolder(long, us, temporary), stable, 'ours already');
  const fresh = await socketFolder(long, STRANGER, temporary);
  t.not(fresh, stable, 'taken by somebody else');
  t.equal((await stat(fresh)).mode & 0o777, 0o700);
  t.match(await socketFolder(long, STRANGER, long), /^\/tmp\/portcullis-[0-9a-f]{16}$/);
});
