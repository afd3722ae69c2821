import { join } from 'node:path';
import t from 'tap';
import { hasDescriptorLeft, openFileLimit } from '../../src/net/descriptors.ts';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             95963                95963                processes
Max open files            20000                524288               files
`;

t.test('The soft limit is the one that counts.', async (t) => {
  const folder = t.testdir({ limits: LIMITS, unlimited: LIMITS.replace('20000', 'unlimited') });
  t.equal(openFileLimit(join(folder, 'limits')), 20_000);
  t.equal(openFileLimit(join(folder, 'unlimited')), undefined);
  t.equal(openFileLimit(join(folder, 'missing')), undefined);
});

t.test('This process has a limit where the system tells it, and descriptors left.', async (t) => {
  const limit = openFileLimit();
  t.ok(limit === undefined ? process.platform !== 'linux' : limit > 0, `${limit}`);
  t.ok(hasDescriptorLeft());
});

t.test('None is left where no file can be opened for want of one, and for no other reason.', async (t) => {
  const failing = (code: string) => (): number => {
    throw Object.assign(new Error('no'), { code });
  };
  t.notOk(hasDescriptorLeft(failing('EMFILE')));
  t.notOk(hasDescriptorLeft(failing('ENFILE')));
  t.ok(hasDescriptorLeft(failing('EACCES')));
});
