import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { generatePassword, MIN_BITS } from '../../src/passwords/generate.ts';
import { rate } from '../../src/passwords/rate.ts';
import type { PasswordContext } from '../../src/passwords/rating.ts';

const SOMEBODY: PasswordContext = { user: 'app', database: 'shop', branch: 'main', host: 'db.example.com' };

/** Letters and digits that fast-check draws; as good as random ones. */
function drawn(length: number): fc.Arbitrary<string> {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'.split('');
  return fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length });
}

/**
 * The same every time: an estimate takes random text for words now and then, 16 letters and digits for less than 60
 * bits in one of some 5,000.
 */
const SEEDED = { seed: 20260811, numRuns: 25, endOnFailure: true };

t.test('The passwords of the documentation have the bits it says.', async (t) => {
  const prod = { user: 'postgres', database: 'postgres', branch: 'prod' };
  for (const context of [{}, SOMEBODY, prod]) {
    t.match(rate('Password123!', context), { bits: 17, why: 'it is built on a common password' });
    t.match(rate('postgres-Prod-2025!', context), { bits: 54, why: /^it is built on a name that goes with/ });
    t.match(rate('T3sting!23Ab', context), { bits: 44, why: 'it is built on a common password' });
  }
  t.match(rate('Password123!', {}).suggestion, 'add at least 8 random letters and digits, or');
  t.match(rate('the cat sat on the mat', {}).suggestion, 'add at least one random letter or digit, or');
});

t.test('docs/passwords.md gives the bits that there are.', async (t) => {
  const page = readFileSync('docs/passwords.md', 'utf8');
  const rows = [...page.matchAll(/^\| `([^`]{12,})` \| (\d+) \|/gm)];
  t.ok(rows.length >= 6);
  for (const [, password = '', bits] of rows) t.equal(rate(password, {}).bits, Number(bits), password);
});

t.test('Generated passwords pass, and 16 random letters and digits.', async (t) => {
  const bytes = fc.infiniteStream(fc.uint8Array({ minLength: 22, maxLength: 22 }));
  fc.assert(
    fc.property(bytes, (stream) => {
      const password = generatePassword(() => stream.next().value ?? new Uint8Array(22));
      return rate(password, SOMEBODY).verdict === 'strong';
    }),
    SEEDED,
  );
  fc.assert(
    fc.property(drawn(16), (password) => rate(password, SOMEBODY).verdict === 'strong'),
    SEEDED,
  );
  t.pass('none was refused');
});

t.test('A character more makes a random password hardly weaker.', async (t) => {
  /** A word may come out of it: four letters of chance have 24 bits, the commonest word 6. */
  const tolerance = 18;
  fc.assert(
    fc.property(
      drawn(14),
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }),
      (password, more) => {
        return rate(password + more, SOMEBODY).bits >= rate(password, SOMEBODY).bits - tolerance;
      },
    ),
    SEEDED,
  );
  t.pass('none was');
});

t.test('Whatever stands behind a strong password leaves it strong, up to 128 characters.', async (t) => {
  for (const tail of ['a', 'password', '1234567890', ' the end', '😀', 'x'.repeat(112)]) {
    t.equal(rate(`g6s7MQgx5ApdPqfJ${tail}`, {}).verdict, 'strong', tail);
  }
  t.equal(rate(`g6s7MQgx5ApdPqfJ${'x'.repeat(113)}`, {}).verdict, 'weak');
});

t.test('What goes with the database adds next to nothing.', async (t) => {
  const password = 'Quuxzorb-7731-Grinfelq';
  const contexts: readonly PasswordContext[] = [
    { user: 'quuxzorb' },
    { database: 'GRINFELQ' },
    { branch: 'grinfelq-7731' },
    { host: 'eu.Quuxzorb.example' },
    { project: 'quuxzörb' },
  ];
  const without = rate(password, {}).bits;
  for (const context of contexts) {
    const { bits } = rate(password, context);
    t.ok(bits <= without - 20, `${Object.values(context).join()}: ${bits} of ${without}`);
  }
  const both = rate(password, { user: 'quuxzorb', host: 'grinfelq.example' });
  t.match(both, { verdict: 'weak', why: /^it is built on a name that goes with the database/ });
});

t.test('A context never makes a password stronger.', async (t) => {
  const words = fc.constantFrom('shop', 'g6s7', 'MQgx5', 'quuxzorb', 'apdpqfj', 'horse');
  const texts = fc.array(fc.oneof(words, fc.string({ maxLength: 4 })), { minLength: 3, maxLength: 8 });
  fc.assert(
    fc.property(texts, words, words, (parts, user, database) => {
      const password = parts.join('');
      return rate(password, { user, database }).bits <= rate(password, {}).bits;
    }),
    SEEDED,
  );
  t.pass('none did');
});

t.test('No text and no name makes it throw, and neither reason quotes the password.', async (t) => {
  const nasty = fc.constantFrom(
    'constructor',
    '__proto__',
    '\0',
    '\ud800',
    'İ',
    'ﷺ',
    '😀',
    '|_|',
    '()',
    '\u0301',
    '4@',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 70 }),
    fc.string({ unit: 'grapheme', minLength: 12, maxLength: 40 }),
    fc.array(nasty, { minLength: 6, maxLength: 20 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, text, (password, user) => {
      const { bits, verdict, why, suggestion = '' } = rate(password, { user });
      if (password.length > 3 && `${why} ${suggestion}`.includes(password)) return false;
      return Number.isInteger(bits) && bits >= 0 && (verdict === 'strong') === bits >= MIN_BITS;
    }),
    { ...SEEDED, numRuns: 80 },
  );
  t.pass('none did');
});

t.test('It is the password as SCRAM takes it that counts.', async (t) => {
  const soft = 'Password123!'.split('').join('\u00ad');
  t.match(rate(soft, {}), { bits: 17 }, 'soft hyphens are mapped to nothing');
  t.match(rate('ﬃﬃﬃﬃ'.repeat(3), {}), { verdict: 'weak' }, 'ligatures are letters');
  t.match(
    rate('Password123!\ue000', {}),
    { verdict: 'weak', bits: 17 },
    'as it is where SASLprep refuses it',
  );
});

t.test('What is needed can be more, and is never rounded into.', async (t) => {
  t.match(rate('g6s7MQgx5ApdPqfJ', {}, 95), { verdict: 'strong', bits: 95 });
  t.match(rate('g6s7MQgx5ApdPqfJ', {}, 96), { verdict: 'weak', bits: 95 });
  t.match(rate('T3sting!23Ab', {}, 43), { verdict: 'strong', bits: 44 });
  t.match(
    rate('T3sting!23Ab', {}, 44),
    { verdict: 'weak', bits: 43 },
    '43.8, never rounded to what it has missed',
  );
});
