import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readText } from '../../src/store/read-text.ts';

const LIMIT = { maxBytes: 100 };

t.test('A file gives its text, through links, too.', async (t) => {
  const folder = t.testdir({ a: 'text: ä\n', empty: '' });
  symlinkSync('a', join(folder, 'link'));
  t.strictSame(readText(join(folder, 'a'), LIMIT), { text: 'text: ä\n' });
  t.strictSame(readText(join(folder, 'link'), LIMIT), { text: 'text: ä\n' });
  t.strictSame(readText(join(folder, 'empty'), LIMIT), { text: '' });
});

t.test('What is no small text is told.', async (t) => {
  const folder = t.testdir({ long: 'x'.repeat(101), latin: Buffer.from([0x61, 0xe4]), folder: {} });
  for (const [name, problem] of [
    ['none', 'no such file'],
    ['folder', 'a folder, not a file'],
    ['long', 'larger than 100 bytes: is it the right file?'],
    ['latin', 'not UTF-8 text: write it anew as UTF-8'],
  ] as const) {
    t.strictSame(readText(join(folder, name), LIMIT), { problem }, name);
  }
  t.strictSame(readText('/dev/null', LIMIT), { problem: 'not an ordinary file' });
});

t.test(
  'A file of the kernel, which says that it is empty, is read.',
  { skip: process.platform !== 'linux' },
  async (t) => {
    t.match(readText('/proc/self/status', { maxBytes: 1_000_000 }), { text: /^Name:/ });
  },
);

t.test('A secret file that the group or others may read or write is told, with the mend.', async (t) => {
  const file = join(t.testdir({ a: 'x' }), 'a');
  for (const mode of [0o600, 0o400]) {
    chmodSync(file, mode);
    t.strictSame(readText(file, { ...LIMIT, secret: true }), { text: 'x' });
  }
  for (const [mode, text] of [
    [0o640, '0640'],
    [0o604, '0604'],
    [0o620, '0620'],
    [0o644, '0644'],
  ] as const) {
    chmodSync(file, mode);
    const problem = `others may read or write it (mode ${text}): chmod 600 ${file}`;
    t.strictSame(readText(file, { ...LIMIT, secret: true }), { problem });
    t.strictSame(readText(file, LIMIT), { text: 'x' });
  }
});
