import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { errorCode } from '../store/system-error.ts';
import { DevError } from './error.ts';

/** What npm installed: `native` has bin, lib, share and pg-symlinks.json. */
export interface Installed {
  readonly version: string;
  readonly native: string;
  /** Paths within `native`: library names that should be links, and the files that they should name. */
  readonly links: readonly Link[];
}

interface Link {
  readonly source: string;
  readonly target: string;
}

const PREFIX = 'native/';

/** A path below `native/` without `..`; what is before it is cut. */
const nativePath = z
  .string()
  .refine((path) => path.startsWith(PREFIX) && !path.split('/').includes('..'))
  .transform((path) => path.slice(PREFIX.length));
const linkList = z.array(z.object({ source: nativePath, target: nativePath }));
const manifest = z.object({ version: z.string() });

/** @throws DevError where npm has not installed `name` */
export async function findInstalled(name: string): Promise<Installed> {
  const root = fileURLToPath(new URL('..', locate(name)));
  const native = join(root, 'native');
  const { version } = manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const links = linkList.parse(JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')));
  return { version, native, links };
}

/** The URL of the package's main file, `dist/index.js`. */
function locate(name: string): string {
  try {
    return import.meta.resolve(name);
  } catch (error) {
    if (errorCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new DevError(
      `npm package ${name}, the embedded PostgreSQL, is not installed: run npm ci without --omit=optional, or give a database with --upstream`,
      { cause: error },
    );
  }
}
