import fc from 'fast-check';
import t from 'tap';
import { decodeBase64 } from '../../src/scram/base64.ts';

t.test('Bytes come back from their canonical base64.', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      return decodeBase64(Buffer.from(bytes).toString('base64'))?.equals(bytes) === true;
    }),
  );
  t.same(decodeBase64('AAH/'), Buffer.from([0, 1, 255]));
});

t.test('Any other spelling is refused, however a lenient decoder would read it.', async (t) => {
  for (const text of [
    'AAE',
    'AAE==',
    'AAF=',
    'AA_-',
    'AAE= ',
    ' AAE=',
    'AA\nE=',
    'AAE=AAE=',
    '=',
    'A',
    '*',
    'AAE=\0',
  ]) {
    t.equal(decodeBase64(text), undefined, JSON.stringify(text));
  }
});
