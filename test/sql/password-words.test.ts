import fc from 'fast-check';
import t from 'tap';
import { couldSetPassword, PasswordWords } from '../../src/sql/password-words.ts';
import { chunksOf } from '../support/arbitraries.ts';

const could = (text: string): boolean => couldSetPassword(Buffer.from(text));

t.test('A statement that sets a password is seen, however it is written.', async (t) => {
  for (const text of [
    "CREATE ROLE a PASSWORD 'x'",
    "alter user a password'x'",
    'aLtEr/**/gRoUp\n\ta pAsSwOrD $$x$$',
    'alter--\nrole"a"password\'x\'',
    "ALTER USER a VALID UNTIL $$x$$password 'x'",
    'alter user a connection limit 1password null',
    `ALTER ROLE a /*${'x'.repeat(300_000)}*/ PASSWORD 'x'`,
    "select 1; create\vuser\fa\rlogin encrypted password U&'\\0061'",
    'alter user password password null',
  ])
    t.ok(could(text), text.slice(0, 60));
});

t.test('Statements of every day are not.', async (t) => {
  for (const text of [
    'SELECT abalance FROM pgbench_accounts WHERE aid = 1',
    'SELECT id, username, password, created_at FROM users WHERE "user" = $1',
    'INSERT INTO created_users (password) VALUES ($1)',
    'CREATE TABLE user_passwords (password text)',
    "ALTER ROLE a SET password_encryption = 'md5'",
    'CREATE ROLE a LOGIN',
    'password user alter role create',
    '',
  ])
    t.notOk(could(text), text);
});

t.test('A text that comes in parts is seen as one that comes whole, at the same byte.', async (t) => {
  const words = fc.constantFrom(
    'create ',
    'alter ',
    'role ',
    'user/',
    ' group',
    'password',
    "'",
    'x',
    '/**/',
    '1',
  );
  const texts = fc.array(words, { maxLength: 14 }).map((parts) => Buffer.from(parts.join('')));
  let seen = 0;
  fc.assert(
    fc.property(
      texts.chain((text) => fc.tuple(fc.constant(text), chunksOf(text))),
      ([text, chunks]) => {
        const whole = new PasswordWords();
        const end = whole.feed(text);
        const parts = new PasswordWords();
        let before = 0;
        let found = -1;
        for (const chunk of chunks) {
          const at = parts.feed(chunk);
          if (at >= 0) found = before + at;
          before += chunk.length;
        }
        // Cut behind a word, nobody knows yet what follows it: then it counts, and more may be seen than there is.
        if (whole.complete) seen += 1;
        return !whole.complete || (parts.complete && found <= end);
      },
    ),
    { numRuns: 5000 },
  );
  t.ok(seen > 30, `${seen} texts with all words`);
});
