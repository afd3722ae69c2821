import { randomBytes } from 'node:crypto';
import t from 'tap';
import { DEFAULT_BITS, generatePassword, MIN_BITS } from '../../src/passwords/generate.ts';

t.test(
  'A generated password needs no escape anywhere and carries 128 bits unless told otherwise.',
  async (t) => {
    const password = generatePassword(randomBytes);
    t.match(password, /^[A-Za-z0-9]+$/);
    t.ok(password.length * Math.log2(62) >= DEFAULT_BITS);
    t.equal(encodeURIComponent(password), password);
    t.not(generatePassword(randomBytes), password);
  },
);

t.test(
  'The fewest bits are 60, and every character of the alphabet comes as often as any other.',
  async (t) => {
    t.equal(generatePassword(randomBytes, MIN_BITS).length, 12, 'the fewest characters of a password');
    t.equal(generatePassword(randomBytes, 72).length, 13);
    for (const bits of [59, 0, -1, Number.NaN])
      t.throws(() => generatePassword(randomBytes, bits), RangeError);
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
    const password = generatePassword(() => everyByte, 248 * Math.log2(62));
    const counts = Map.groupBy(password.slice(0, 248), (character) => character);
    t.equal(counts.size, 62);
    for (const [character, each] of counts) t.equal(each.length, 4, character);
  },
);
