import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { unless } from '../src/store/system-error.ts';
import { debianBinaries } from '../test/support/postgres.ts';
import { UsageError } from './options.ts';

/** Where Debian and its like put programs. */
const FOLDERS = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin'];

/** Programs of others that the bench runs, by their paths. */
export interface Tools {
  readonly pgbouncer: string;
  readonly stunnel: string;
  readonly pgbench: string;
  readonly psql: string;
}

/** @throws UsageError that names the packages which are not here */
export async function findTools(): Promise<Tools> {
  const pgbouncer = await find('pgbouncer');
  const stunnel = await find('stunnel4');
  const postgres = await debianBinaries('15');
  if (pgbouncer !== undefined && stunnel !== undefined && postgres !== undefined) {
    return { pgbouncer, stunnel, pgbench: join(postgres.bin, 'pgbench'), psql: join(postgres.bin, 'psql') };
  }
  const missing = Object.entries({ pgbouncer, stunnel4: stunnel, 'postgresql-15': postgres })
    .filter(([, found]) => found === undefined)
    .map(([name]) => name);
  throw new UsageError(
    `the bench compares with programs that are not here: apt-get install ${missing.join(' ')}`,
  );
}

async function find(name: string): Promise<string | undefined> {
  for (const folder of FOLDERS) {
    const path = join(folder, name);
    const absent = await unless(
      ['ENOENT', 'EACCES'],
      access(path, constants.X_OK).then(() => false),
    );
    if (absent === false) return path;
  }
  return undefined;
}
