import fc from 'fast-check';
import t from 'tap';
import { FrameTap } from '../../src/session/frame-tap.ts';
import { FrameScanner } from '../../src/wire/frame-scanner.ts';
import { message } from '../support/frontend-messages.ts';

const MOST = 10;

/** What a tap for Q and S hears of bytes that come in these parts. */
function heard(parts: readonly Buffer[]): string[] {
  const told: string[] = [];
  let beyond = '';
  const tap = new FrameTap({
    types: [0x51, 0x53, 0x48],
    passesBy: (type) => type === 0x48,
    most: () => MOST,
    begins: () => {},
    whole: (type, bytes, start, end) => {
      told.push(`${String.fromCharCode(type)} ${bytes.toString('latin1', start, end)}${beyond}`);
      beyond = '';
    },
    beyond: (_, part, head) => {
      if (head !== undefined) beyond = `|${head.toString('latin1')}|`;
      beyond += part.toString('latin1');
    },
  });
  const scanner = new FrameScanner(tap.following(() => true));
  for (const part of parts) {
    scanner.scan(part);
    tap.passing(part);
  }
  return told;
}

t.test(
  'Frames are heard whole, in their order; of long ones the beginning, and the rest as it comes.',
  async (t) => {
    const bytes = Buffer.concat([
      message('Q', 'short'),
      message('P', 'unheard'),
      message('H'),
      message('S'),
      message('Q', '0123456789abc'),
      message('H'),
    ]);
    t.strictSame(heard([bytes]), ['Q short', 'H ', 'S ', 'Q 0123456789|0123456789|abc', 'H ']);
  },
);

t.test('A frame that may pass by is not heard, unless one before it is still to be heard.', async (t) => {
  t.strictSame(heard([message('H'), Buffer.concat([message('H'), message('Q', 'a')]), message('H')]), [
    'Q a',
  ]);
  const [begun, rest] = [message('Q', 'abc').subarray(0, 6), message('Q', 'abc').subarray(6)];
  t.strictSame(heard([begun, Buffer.concat([rest, message('H')]), message('H')]), ['Q abc', 'H ']);
});

t.test('However bytes are cut into chunks, the same is heard.', async (t) => {
  const frame = fc.tuple(
    fc.constantFrom('Q', 'S', 'P', 'X'),
    fc.string({ unit: 'grapheme-ascii', maxLength: 25 }),
  );
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 8 }),
      fc.array(fc.nat(40), { maxLength: 30 }),
      (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(([letter, body]) => message(letter, body)));
        const parts: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          parts.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        parts.push(bytes.subarray(at));
        const [whole, cut] = [heard([bytes]).join('\n'), heard(parts).join('\n')];
        if (whole !== cut) throw new Error(`${cut} instead of ${whole}`);
      },
    ),
    { numRuns: 1000 },
  );
  t.pass('it was');
});
