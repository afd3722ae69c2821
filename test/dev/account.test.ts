import { mkdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { chooseAccount, parsePasswd, runsAsRoot, serverAccount } from '../../src/dev/account.ts';
import { DevError } from '../../src/dev/error.ts';
import { passableFolder } from '../support/postgres.ts';

const NOBODY = { name: 'nobody', uid: 65534, gid: 65534 };
const POSTGRES = { name: 'postgres', uid: 101, gid: 104 };
const ANN = { name: 'ann', uid: 1000, gid: 1000 };

t.test('the user database is read line by line, and lines of another shape are left out.', async (t) => {
  const text = [
    'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash',
    '# a comment: of macOS',
    '',
    '+::::::',
    'nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false',
    'odd:x:1e3:0::/:',
  ].join('\n');
  t.strictSame(parsePasswd(text), [POSTGRES, { name: 'nobody', uid: -2, gid: -2 }]);
});

t.test('root lends postgres, else nobody, but never an account that is root itself.', async (t) => {
  t.equal(chooseAccount([NOBODY, ANN, POSTGRES], undefined), POSTGRES);
  t.equal(chooseAccount([NOBODY, ANN], undefined), NOBODY);
  t.equal(chooseAccount([{ ...POSTGRES, uid: 0 }, NOBODY], undefined), NOBODY);
  t.throws(() => chooseAccount([ANN], undefined), {
    name: 'DevError',
    message: /neither postgres nor nobody/,
  });
});

t.test('data that exists is served by its owner.', async (t) => {
  t.equal(chooseAccount([POSTGRES, ANN], 1000), ANN);
  t.equal(chooseAccount([POSTGRES, ANN], 0), POSTGRES, 'root cannot serve');
  t.throws(() => chooseAccount([POSTGRES], 4242), DevError);
});

t.test('the account of this very process is not root, and owns what it is asked about.', async (t) => {
  const folder = join(await passableFolder(t), 'data');
  const before = await serverAccount(folder);
  t.not(before.uid, 0);
  await mkdir(folder);
  const after = await serverAccount(folder);
  t.strictSame(after, before);
  if (!runsAsRoot()) {
    t.equal(after.name, userInfo().username);
    t.equal((await stat(folder)).uid, after.uid);
  }
});
