import t from 'tap';
import { GrowingBytes } from '../../src/session/growing-bytes.ts';

t.test('Parts come out in one piece, and then it is empty.', async (t) => {
  const bytes = new GrowingBytes();
  t.equal(bytes.take().length, 0);
  for (let n = 0; n < 1000; n += 1) bytes.push(Buffer.from(String(n)));
  const all = Array.from({ length: 1000 }, (_, n) => n).join('');
  t.equal(bytes.length, all.length);
  const taken = bytes.take();
  t.equal(taken.toString(), all);
  t.ok(taken.buffer.byteLength <= 2 * Math.max(all.length, Buffer.poolSize));
  bytes.push(Buffer.from('x'));
  t.equal(taken.toString(), all, 'what was taken stays');
  t.equal(bytes.take().toString(), 'x');
});
