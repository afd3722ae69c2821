import fc from 'fast-check';
import t from 'tap';
import { OBJECT_IDENTIFIER, readElement, readTagged, SEQUENCE } from '../../src/scram/der.ts';

t.test('Elements are read with short and long lengths, one after the other.', async (t) => {
  const short = Buffer.from([0x06, 2, 0xaa, 0xbb, 0xff]);
  t.same(readElement(short, 0), { tag: OBJECT_IDENTIFIER, contents: Buffer.from([0xaa, 0xbb]), end: 4 });
  const long = Buffer.concat([Buffer.from([0, 0x30, 0x82, 0x01, 0x00]), Buffer.alloc(256, 5)]);
  t.same(readElement(long, 1), { tag: SEQUENCE, contents: Buffer.alloc(256, 5), end: 261 });
  t.same(readElement(Buffer.from([0x05, 0]), 0), { tag: 5, contents: Buffer.alloc(0), end: 2 });
});

t.test('An element of another tag is not taken for the one that was asked for.', async (t) => {
  const sequence = Buffer.from([0x30, 1, 0]);
  t.same(readTagged(sequence, 0, SEQUENCE), Buffer.from([0]));
  t.equal(readTagged(sequence, 0, OBJECT_IDENTIFIER), undefined);
  t.equal(readTagged(sequence, 3, SEQUENCE), undefined);
});

t.test('What is cut short or not DER is refused.', async (t) => {
  const cases: Record<string, readonly number[]> = {
    nothing: [],
    'a tag alone': [0x30],
    'contents cut short': [0x30, 2, 0],
    'a length cut short': [0x30, 0x82, 1],
    'an indefinite length': [0x30, 0x80, 0, 0],
    'a length in four bytes': [0x30, 0x84, 0, 0, 0, 1, 0],
    'a length of 0xffffff': [0x30, 0x83, 0xff, 0xff, 0xff, 0],
    'a reserved length': [0x30, 0xff],
    'a high tag number': [0x1f, 1, 0],
  };
  for (const [what, bytes] of Object.entries(cases))
    t.equal(readElement(Buffer.from(bytes), 0), undefined, what);
});

t.test('An element never reaches beyond its buffer.', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 50 }), (bytes, offset) => {
      const element = readElement(Buffer.from(bytes), offset);
      return (
        element === undefined || (element.end <= bytes.length && element.contents.length <= bytes.length)
      );
    }),
  );
  t.equal(readElement(Buffer.alloc(4), 9), undefined);
});
