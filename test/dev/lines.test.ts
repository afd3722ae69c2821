import fc from 'fast-check';
import t from 'tap';
import { lineSplitter, MAX_LINE } from '../../src/dev/lines.ts';

function split(chunks: Buffer[]): string[] {
  const lines: string[] = [];
  const feed = lineSplitter((line) => lines.push(line));
  for (const chunk of chunks) feed(chunk);
  feed(undefined);
  return lines;
}

t.test('output is cut into the same lines whatever pieces it comes in.', async (t) => {
  const words = fc.array(fc.stringMatching(/^[ -~é€𝄞]{1,20}$/u), { maxLength: 8 });
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 7 }), (lines, size) => {
      const bytes = Buffer.from(lines.join('\n'));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      t.strictSame(split(chunks), lines);
    }),
  );
});

t.test('control characters are escaped, and tabs become spaces.', async (t) => {
  const text = '\tHINT:\x1b[31m red\x07 \x7f\u009b2J\r\n\n next';
  t.strictSame(split([Buffer.from(text)]), [' HINT:\\x1b[31m red\\x07 \\x7f\\x9b2J\\x0d', ' next']);
});

t.test('the rest of an over-long line is dropped, however it arrives.', async (t) => {
  const chunk = Buffer.alloc(MAX_LINE - 1, 'a');
  const lines = split([chunk, chunk, chunk, Buffer.from('\nshort')]);
  t.strictSame(lines, ['a'.repeat(MAX_LINE), 'short']);
});
