import { Readable } from 'node:stream';
import t from 'tap';
import { passwordFromStdin } from '../../src/cli/secret-input.ts';

function typed(...chunks: readonly (string | Buffer)[]): Readable {
  return Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
}

t.test('A password is one line, without its end.', async (t) => {
  t.equal(await passwordFromStdin(typed('horse\n')), 'horse');
  t.equal(await passwordFromStdin(typed('ho', 'rse\r\n')), 'horse');
  t.equal(await passwordFromStdin(typed(' spaces ')), ' spaces ');
  t.equal(await passwordFromStdin(typed('\u{feff}horse')), '\u{feff}horse', 'nothing is dropped');
  const bytes = Buffer.from('pässword');
  t.equal(await passwordFromStdin(typed(bytes.subarray(0, 2), bytes.subarray(2))), 'pässword');
});

t.test('What is none is refused without being quoted.', async (t) => {
  for (const [text, message] of [
    ['', /no password came/],
    ['\n', /no password came/],
    ['horse\nbattery\n', /must be one line/],
    ['hor\0se', /must be one line without NUL/],
    ['x'.repeat(1025), /at most 1024 bytes/],
    [Buffer.from([0x68, 0xff]), /not UTF-8/],
  ] as const) {
    const error: unknown = await passwordFromStdin(typed(text)).catch((thrown: unknown) => thrown);
    t.match(error, { exitCode: 2, message });
    t.notMatch(String(error), /horse|xx/);
  }
});
