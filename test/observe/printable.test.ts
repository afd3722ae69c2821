import t from 'tap';
import { printable, printableSentence } from '../../src/observe/printable.ts';

t.test('What moves a cursor, ends a line or turns the reading direction is spelled out.', async (t) => {
  t.equal(printable('app'), 'app');
  t.equal(printable('größe 名前 😀'), 'größe 名前 😀');
  t.equal(printable('\u001b[2Jx\r\n'), '\\u{1b}[2Jx\\u{d}\\u{a}');
  t.equal(printable('\u009b31m'), '\\u{9b}31m');
  t.equal(printable('a\u202eb\u2028c\u200bd'), 'a\\u{202e}b\\u{2028}c\\u{200b}d');
  t.equal(printable('\ud800'), '\\u{d800}');
});

t.test('A sentence is kept whole for longer, and made as harmless.', async (t) => {
  t.equal(printableSentence(`${'x'.repeat(4096)}: mend\u001b[2J`), `${'x'.repeat(4096)}: mend\\u{1b}[2J`);
  t.equal(printableSentence('x'.repeat(10_000)), `${'x'.repeat(8192)}…`);
});

t.test('A long text is cut.', async (t) => {
  t.equal(printable('x'.repeat(10_000)), `${'x'.repeat(256)}…`);
});
