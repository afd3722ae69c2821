import { readFile } from 'node:fs/promises';
import t from 'tap';
import { errorCode, unless } from '../../src/store/system-error.ts';

t.test('only the failures that are named become nothing.', async (t) => {
  t.equal(await unless(['ENOENT'], readFile('/nonexistent')), undefined);
  t.equal(await unless(['ENOENT'], Promise.resolve(7)), 7);
  await t.rejects(unless(['EACCES'], readFile('/nonexistent')), { code: 'ENOENT' });
  const plain = new Error('plain');
  await t.rejects(unless(['ENOENT'], Promise.reject(plain)), plain);
});

t.test("a system error's code is read, and nothing else is taken for one.", async (t) => {
  t.equal(errorCode(Object.assign(new Error('x'), { code: 'EPERM' })), 'EPERM');
  for (const other of [
    Object.assign(new Error('x'), { code: 1 }),
    new Error('x'),
    { code: 'EPERM' },
    undefined,
  ]) {
    t.equal(errorCode(other), undefined);
  }
});
