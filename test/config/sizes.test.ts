import fc from 'fast-check';
import t from 'tap';
import { formatSize, NOT_A_SIZE, parseSize } from '../../src/config/sizes.ts';

const ANY = { min: 0, max: Number.MAX_SAFE_INTEGER };

t.test('A size is a whole number and a unit.', async (t) => {
  for (const [text, bytes] of [
    ['0B', 0],
    ['512B', 512],
    ['4KiB', 4096],
    ['64MiB', 67_108_864],
    ['2GiB', 2_147_483_648],
  ] as const) {
    t.strictSame(parseSize(text, ANY), { bytes }, text);
  }
});

t.test('Anything else is told what a size looks like.', async (t) => {
  for (const text of ['', '64', 'MiB', '1.5GiB', '-1B', '1 KiB', '1kib', '1KB', '9999999999999B', '1B\n'])
    t.strictSame(parseSize(text, ANY), { problem: NOT_A_SIZE }, JSON.stringify(text));
});

t.test('Bounds are told in the largest fitting unit.', async (t) => {
  const bounds = { min: 65_536, max: 1_073_741_824 };
  t.strictSame(parseSize('65535B', bounds), { problem: 'must be from 64KiB to 1GiB' });
  t.strictSame(parseSize('2GiB', bounds), { problem: 'must be from 64KiB to 1GiB' });
  t.strictSame(parseSize('64KiB', bounds), { bytes: 65_536 });
  t.equal(formatSize(0), '0B');
});

t.test('What is formatted is read as the same.', async (t) => {
  fc.assert(
    fc.property(fc.nat(), (bytes) => {
      const read = parseSize(formatSize(bytes), ANY);
      return 'bytes' in read && read.bytes === bytes;
    }),
  );
  t.pass('any whole number of bytes');
});
