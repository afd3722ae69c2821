import t from 'tap';
import { mockVerifier } from '../../src/scram/mock.ts';
import { formatVerifier, parseVerifier, SALT_LENGTH } from '../../src/scram/verifier.ts';
import { converse } from './actors.ts';

const SECRET = Buffer.alloc(32, 1);

t.test(
  'A name that does not exist has the same salt on every try, and another name another one.',
  async (t) => {
    const mock = mockVerifier(SECRET, 'ep-main-1/nobody', 4096);
    t.same(mock, mockVerifier(Buffer.from(SECRET), 'ep-main-1/nobody', 4096));
    t.notSame(mock.salt, mockVerifier(SECRET, 'ep-main-1/nobody2', 4096).salt);
    t.notSame(mock.salt, mockVerifier(Buffer.alloc(32, 2), 'ep-main-1/nobody', 4096).salt);
  },
);

t.test('It looks like any other verifier.', async (t) => {
  const mock = mockVerifier(SECRET, 'nobody', 8192);
  t.equal(mock.salt.length, SALT_LENGTH);
  t.equal(mock.iterations, 8192);
  t.same(parseVerifier(formatVerifier(mock)), mock);
  t.equal(
    new Set([mock.salt, mock.storedKey, mock.serverKey].map((bytes) => bytes.toString('hex', 0, 16))).size,
    3,
  );
});

t.test('A login with it goes all the way and ends in a wrong proof.', async (t) => {
  t.match(await converse({ verifier: mockVerifier(SECRET, 'nobody', 4096) }), { server: 'wrong-proof' });
});

t.test('A secret that could be guessed is a mistake of the caller.', async (t) => {
  t.throws(() => mockVerifier(Buffer.alloc(31), 'nobody', 4096), RangeError);
});
