import t from 'tap';
import { fixedKeys, passwordKeys } from '../../src/scram/credentials.ts';
import { ITERATIONS, KEYS, referenceKeys, SALT, VERIFIER } from './actors.ts';

const OTHER_SALT = Buffer.alloc(16, 9);

t.test('Fixed keys are given for any salt where nothing is known of their origin.', async (t) => {
  t.equal(await fixedKeys(KEYS).keysFor(OTHER_SALT, 1), KEYS);
});

t.test('Fixed keys of a known verifier are given for that one only.', async (t) => {
  const keys = fixedKeys(KEYS, VERIFIER);
  t.equal(await keys.keysFor(Buffer.from(SALT), ITERATIONS), KEYS);
  t.equal(await keys.keysFor(OTHER_SALT, ITERATIONS), undefined, 'another salt');
  t.equal(await keys.keysFor(SALT, ITERATIONS + 1), undefined, 'another count');
});

t.test('A password gives the keys of the salt and count it is asked for.', async (t) => {
  const keys = passwordKeys('pencil');
  t.same(await keys.keysFor(SALT, 3), referenceKeys('pencil', SALT, 3));
  t.same(await keys.keysFor(OTHER_SALT, 3), referenceKeys('pencil', OTHER_SALT, 3));
  t.same(await keys.keysFor(SALT, 4), referenceKeys('pencil', SALT, 4));
});

t.test('One derivation serves logins at the same time and later ones.', async (t) => {
  const keys = passwordKeys('pencil');
  const [one, two] = await Promise.all([keys.keysFor(SALT, 5), keys.keysFor(Buffer.from(SALT), 5)]);
  t.equal(one, two);
  t.equal(await keys.keysFor(SALT, 5), one);
});

t.test('A server that names a new salt each time does not fill the memory.', async (t) => {
  const keys = passwordKeys('pencil');
  const salts = [0, 1, 2, 3, 4].map((byte) => Buffer.alloc(16, byte));
  const first = await Promise.all(salts.map((salt) => keys.keysFor(salt, 1)));
  const second = await Promise.all([...salts].reverse().map((salt) => keys.keysFor(salt, 1)));
  const again = second.reverse();
  t.same(again, first, 'the same keys');
  t.not(again[0], first[0], 'the oldest was forgotten');
  t.equal(again[4], first[4], 'the newest was not');
});
