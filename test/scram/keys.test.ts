import fc from 'fast-check';
import t from 'tap';
import { deriveKeys, isIterationCount, MAX_ITERATIONS, MAX_SALT_LENGTH, xor } from '../../src/scram/keys.ts';
import { KEYS, referenceKeys, SALT } from './actors.ts';

t.test('Keys are those of RFC 5802, computed apart.', async (t) => {
  t.same(await deriveKeys('pencil', SALT, 4096), KEYS);
  const salt = Buffer.alloc(MAX_SALT_LENGTH, 7);
  t.same(await deriveKeys('', salt, 1), referenceKeys('', salt, 1));
});

t.test('Derivation leaves the event loop free.', async (t) => {
  let turns = 0;
  const ticking = setInterval(() => (turns += 1), 1);
  await deriveKeys('pencil', SALT, 100_000);
  clearInterval(ticking);
  t.ok(turns > 0, 'timers fired meanwhile');
});

t.test('Many derivations at once all end well.', async (t) => {
  const counts = [1, 2, 3, 4, 5, 6, 7, 8];
  const keys = await Promise.all(counts.map((count) => deriveKeys('pencil', SALT, count)));
  t.same(
    keys,
    counts.map((count) => referenceKeys('pencil', SALT, count)),
  );
});

t.test('Salts and counts out of bounds are mistakes of the caller.', async (t) => {
  await t.rejects(deriveKeys('x', Buffer.alloc(0), 1), RangeError);
  await t.rejects(deriveKeys('x', Buffer.alloc(MAX_SALT_LENGTH + 1), 1), RangeError);
  for (const count of [0, -1, 1.5, Number.NaN, MAX_ITERATIONS + 1, 2 ** 31]) {
    await t.rejects(deriveKeys('x', SALT, count), RangeError, `${count}`);
  }
  t.ok(isIterationCount(MAX_ITERATIONS));
});

t.test('What is combined twice with a mask is itself again.', async (t) => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array));
  fc.assert(fc.property(bytes, bytes, (text, mask) => xor(xor(text, mask), mask).equals(text)));
  t.same(xor(Buffer.from([0b1100]), Buffer.from([0b1010])), Buffer.from([0b0110]));
});
