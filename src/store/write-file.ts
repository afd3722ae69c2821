import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { unless } from './system-error.ts';

const RANDOM_BYTES = 6;
const RANDOM_END = /^[0-9a-f]{12}\.tmp$/;

/**
 * Puts a text in a file's place in one step: whoever reads sees the old text or the new one, whole, also
 * after a crash or a loss of power. A link is followed and stays a link; the owner of a file that is replaced
 * stays its owner, so that root's edit does not lock the gateway's own user out.
 *
 * @param mode the file's permission bits, exactly, whatever the umask says; 0o600 for whatever holds a secret
 * @throws what the file system says (EACCES, ENOSPC, …); the old file is then untouched and nothing left over
 */
export async function writeFileAtomic(path: string, text: string, mode: number): Promise<void> {
  const target = await followLink(path);
  // Beside it, because a rename is atomic within one file system only.
  const random = randomBytes(RANDOM_BYTES).toString('hex');
  const temporary = join(dirname(target), `${draftPrefix(target)}${random}.tmp`);
  const file = await open(temporary, 'wx', 0o600);
  try {
    try {
      await fill(file, text, mode);
      await keepOwner(file, target);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary);
    throw error;
  }
  await syncFolder(dirname(target));
}

/**
 * Removes what writers of a file left beside it that were killed. For whoever holds the lock of its writers: a draft
 * is then nobody's.
 */
export async function removeDrafts(path: string): Promise<void> {
  const target = await followLink(path);
  const prefix = draftPrefix(target);
  const names = (await unless(['ENOENT'], readdir(dirname(target)))) ?? [];
  for (const name of names) {
    if (!name.startsWith(prefix) || !RANDOM_END.test(name.slice(prefix.length))) continue;
    // One that another user left is for that user's next command.
    await unless(['ENOENT', 'EACCES', 'EPERM'], unlink(join(dirname(target), name)));
  }
}

function draftPrefix(target: string): string {
  return `.${basename(target)}.`;
}

async function fill(file: FileHandle, text: string, mode: number): Promise<void> {
  await file.writeFile(text);
  await file.chmod(mode);
}

async function followLink(path: string): Promise<string> {
  return (await unless(['ENOENT'], realpath(path))) ?? path;
}

async function keepOwner(file: FileHandle, target: string): Promise<void> {
  const [made, old] = await Promise.all([file.stat(), unless(['ENOENT'], stat(target))]);
  if (old === undefined || (old.uid === made.uid && old.gid === made.gid)) return;
  await file.chown(old.uid, old.gid);
}

/** The rename itself is an entry of the folder, and durable once that is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
