import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { cString, readCString } from '../../src/wire/text.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { wireText } from '../support/arbitraries.ts';

t.test('A String is read back as it was, and the offset behind it.', async (t) => {
  fc.assert(
    fc.property(wireText(), wireText(), (before, text) => {
      const first = cString(before);
      const bytes = Buffer.concat([first, cString(text)]);
      deepEqual(readCString(bytes, first.length), { text, next: bytes.length });
    }),
  );
  t.pass('every string came back');
});

t.test('A NUL within a text is left out, so that the text cannot end early.', async (t) => {
  t.same(cString('a\0b\0'), Buffer.from('ab\0'));
});

t.test('A String that does not end in the body is a violation.', async (t) => {
  t.throws(() => readCString(Buffer.from('abc'), 0), ProtocolViolation);
  t.throws(() => readCString(Buffer.from('abc\0'), 4), ProtocolViolation);
  t.throws(() => readCString(Buffer.from('abc\0'), 100), ProtocolViolation, 'an offset behind the end');
  t.throws(() => readCString(Buffer.alloc(0), 0), ProtocolViolation);
});

t.test('Bytes that are not UTF-8 become replacement characters, not errors.', async (t) => {
  t.same(readCString(Buffer.of(0xff, 0x41, 0), 0), { text: '\uFFFDA', next: 3 });
});
