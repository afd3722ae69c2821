import { readFile } from 'node:fs/promises';
import t from 'tap';
import { fileReason } from '../../src/store/file-reason.ts';

t.test('A missing file and a folder are told in plain words.', async (t) => {
  const dir = t.testdir();
  t.equal(fileReason(await readFile(`${dir}/none`).catch((error) => error)), 'no such file');
  t.equal(fileReason(await readFile(dir).catch((error) => error)), 'a folder, not a file');
});

t.test('A rarer reason is told by its code, or as it is.', async (t) => {
  t.equal(fileReason(Object.assign(new Error('x'), { code: 'EIO' })), 'cannot be read: EIO');
  t.equal(fileReason('text'), 'cannot be read: text');
});
