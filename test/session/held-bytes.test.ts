import t from 'tap';
import { HeldBytes } from '../../src/session/held-bytes.ts';

t.test('There is room up to the bound, and again for what was let go.', async (t) => {
  const held = new HeldBytes(10);
  t.ok(held.reserve(6));
  t.notOk(held.reserve(5));
  t.ok(held.reserve(4));
  held.release(6);
  t.ok(held.reserve(5));
  t.notOk(held.reserve(2));
});
