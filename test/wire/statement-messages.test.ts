import t from 'tap';
import { readStatement, withText } from '../../src/wire/statement-messages.ts';
import { message, query } from '../support/frontend-messages.ts';

const types = Buffer.of(0, 1, 0, 0, 0, 23);

t.test('A Query and a Parse are taken apart around their text, and made anew with another.', async (t) => {
  for (const [frame, other] of [
    [query('select 1'), query('other')],
    [message('P', 'name\0select 1\0', types), message('P', 'name\0other\0', types)],
    [message('P', '\0select 1\0', Buffer.of(0, 0)), message('P', '\0other\0', Buffer.of(0, 0))],
  ] as const) {
    const read = readStatement(frame);
    if (read === undefined) throw new Error('it is well-formed');
    t.equal(read.text.toString(), 'select 1');
    t.strictSame(withText(read, read.text), frame);
    t.strictSame(withText(read, Buffer.from('other')), other);
  }
});

t.test('A text without its end is none.', async (t) => {
  for (const frame of [
    message('Q', 'select 1'),
    message('Q'),
    message('P', 'name'),
    message('P', 'name\0select 1'),
  ])
    t.equal(readStatement(frame), undefined);
});
