import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { runsAsRoot } from '../../src/dev/account.ts';
import { canReach, isTrusted, READ, READ_AND_TRAVERSE, TRAVERSE } from '../../src/dev/reach.ts';
import { firstTrusted } from '../../src/dev/trusted.ts';
import { passableFolder } from '../support/postgres.ts';

const STRANGER = { name: 'stranger', uid: 54_321, gid: 54_322 };

t.test('everybody reaches what the modes of all folders above let them reach.', async (t) => {
  const top = await passableFolder(t);
  const folder = join(top, 'a', 'b');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'file'), '');
  await chmod(join(folder, 'file'), 0o644);
  t.equal(await canReach(STRANGER, join(folder, 'file'), READ), true);
  t.equal(await canReach(STRANGER, join(folder, 'file'), READ_AND_TRAVERSE), false);
  t.equal(await canReach(STRANGER, join(folder, 'absent'), READ), false);
  t.equal(await canReach(STRANGER, join(folder, 'file', 'below'), READ), false);
  await chmod(join(top, 'a'), 0o700);
  t.equal(await canReach(STRANGER, join(folder, 'file'), READ), false);
  await symlink(folder, join(top, 'short'));
  t.equal(await canReach(STRANGER, join(top, 'short', 'file'), READ), false, 'by a link neither');
});

t.test('the owner and the group have bits of their own, also where everybody has more.', async (t) => {
  const folder = join(await passableFolder(t), 'a');
  await mkdir(folder);
  await chmod(folder, 0o001);
  const us = { name: 'us', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  t.equal(await canReach(us, folder, TRAVERSE), true, 'ourselves: we have just been there');
  t.equal(await canReach({ ...us, uid: STRANGER.uid }, folder, TRAVERSE), false, 'our group');
  t.equal(await canReach(STRANGER, folder, TRAVERSE), true);
  await chmod(folder, 0o010);
  t.equal(await canReach({ ...us, uid: STRANGER.uid }, folder, TRAVERSE), true);
  t.equal(await canReach(STRANGER, folder, TRAVERSE), false);
  if (!runsAsRoot()) return;
  await chown(folder, STRANGER.uid, 0);
  t.equal(await canReach(STRANGER, folder, TRAVERSE), false);
  await chmod(folder, 0o100);
  t.equal(await canReach(STRANGER, folder, TRAVERSE), true);
});

t.test('a folder is trusted where nobody else could have written into it or above it.', async (t) => {
  const top = await passableFolder(t);
  const folder = join(top, 'a', 'b');
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  t.equal(await isTrusted(folder), true);
  await chmod(folder, 0o775);
  t.equal(await isTrusted(folder), false, 'written by a group');
  await chmod(folder, 0o1777);
  t.equal(await isTrusted(folder), false, 'the sticky bit keeps nobody from adding');
  await chmod(folder, 0o755);
  await chmod(join(top, 'a'), 0o777);
  t.equal(await isTrusted(folder), false, 'could be renamed');
  await chmod(join(top, 'a'), 0o1777);
  t.equal(await isTrusted(folder), true, 'could not');
  await symlink(folder, join(top, 'link'));
  t.equal(await isTrusted(join(top, 'link')), false);
  if (!runsAsRoot()) return;
  await chown(join(top, 'a'), STRANGER.uid, STRANGER.gid);
  t.equal(await isTrusted(folder), false, 'below a folder of somebody else');
  await chown(join(top, 'a'), 0, 0);
  await chown(folder, STRANGER.uid, STRANGER.gid);
  t.equal(await isTrusted(folder), false, 'of somebody else');
});

t.test('the first place that is trusted and within reach is taken, made where absent.', async (t) => {
  const top = await passableFolder(t);
  const open = join(top, 'open');
  await mkdir(open);
  await chmod(open, 0o777);
  await writeFile(join(top, 'file'), '');
  const closed = join(top, 'closed', 'inside');
  await mkdir(closed, { recursive: true });
  await chmod(join(top, 'closed'), 0o700);
  const good = join(top, 'new', 'cache');
  const candidates = [open, join(top, 'file'), join(top, 'file', 'below'), closed, good];
  t.equal(await firstTrusted(candidates, STRANGER), good);
  t.equal(await firstTrusted(candidates.slice(0, -1), STRANGER), undefined);
});
