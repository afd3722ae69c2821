import t from 'tap';
import { FRONTEND } from '../../src/wire/frame.ts';
import { clientLengths, upstreamLengths } from '../../src/wire/length-rules.ts';

const GIGABYTE = 0x3fff_ffff;

t.test(
  'Query, Parse, Bind, FunctionCall and CopyData may be as long as PostgreSQL takes them.',
  async (t) => {
    for (const letter of 'QPBFd') {
      const type = letter.charCodeAt(0);
      t.ok(clientLengths(type, 10_001), letter);
      t.ok(clientLengths(type, GIGABYTE - 1), letter);
      t.notOk(clientLengths(type, GIGABYTE), letter);
      t.notOk(clientLengths(type, 0x7fff_ffff), letter);
    }
  },
);

t.test('Every other message from a client, known or not, has 10,000 bytes at most.', async (t) => {
  const large = new Set(Buffer.from('QPBFd'));
  for (let type = 0; type < 256; type += 1) {
    if (large.has(type)) continue;
    if (!clientLengths(type, 10_000)) t.fail(`type ${type} of 10,000 bytes was refused`);
    if (clientLengths(type, 10_001)) t.fail(`type ${type} of 10,001 bytes was admitted`);
  }
  t.ok(clientLengths(FRONTEND.terminate, 4));
});

t.test('An upstream may send whatever an Int32 can say.', async (t) => {
  t.ok(upstreamLengths(0x44, 0x7fff_ffff));
});
