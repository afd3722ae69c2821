import fc from 'fast-check';
import t from 'tap';
import { withoutSecrets } from '../../src/sql/secrets.ts';

const PW = 'hunter2';

/** Each holds the password once, in a form of its own. */
const FORMS = [
  `ALTER ROLE bob PASSWORD '${PW}'`,
  `ALTER ROLE bob PASSWORD E'${PW}'`,
  `ALTER ROLE bob PASSWORD U&'${PW}'`,
  `ALTER ROLE bob PASSWORD U&'!0068${PW}' UESCAPE '!'`,
  `ALTER ROLE bob PASSWORD $$${PW}$$`,
  `ALTER ROLE bob PASSWORD $x$${PW}$x$`,
  `ALTER ROLE bob PASSWORD'${PW}'`,
  `alter role bob encrypted password /* 'x' */ -- y\n '${PW}'`,
  `ALTER ROLE bob PASSWORD 'a'\n'${PW}'`,
  `ALTER ROLE bob PASSWORD 'it''s ${PW}' VALID UNTIL 'x'`,
  `ALTER ROLE bob PASSWORD '\\' ${PW}'`,
  `ALTER ROLE bob PASSWORD '${PW}`,
  `ALTER ROEL bob PASSWORD '${PW}' )`,
  `SELECT 1; CREATE USER bob LOGIN PASSWORD '${PW}'; SELECT 2`,
  `CREATE USER MAPPING FOR bob SERVER s OPTIONS (user 'bob', password '${PW}')`,
  `CREATE SUBSCRIPTION s CONNECTION 'host=h password=${PW}' PUBLICATION p`,
  `CREATE SUBSCRIPTION s CONNECTION 'postgresql://bob:${PW}@h/db' PUBLICATION p`,
  `SELECT dblink_connect(E'pass\\x77ord=${PW}')`,
  `SELECT dblink('host=h PASSWORD = ''${PW}''', 'SELECT 1')`,
  `DO $$ BEGIN ALTER ROLE bob PASSWORD '${PW}'; END $$`,
  `DO $a$ BEGIN EXECUTE $b$ ALTER ROLE bob PASSWORD '${PW}' $b$; END $a$`,
  `DO $$ BEGIN EXECUTE 'ALTER ROLE bob PASSWORD ''${PW}'''; END $$`,
  `DO $$ connect postgresql://bob:${PW}@h/db $$ LANGUAGE x`,
  `SELECT dblink_connect($$host=h password=${PW}$$)`,
  `DO $$ password of postgresql://bob:${PW}@h/db $$ LANGUAGE x`,
  `UPDATE users SET "PassWord" = '${PW}' WHERE id = 1`,
  `INSERT INTO users (name, password) VALUES ('bob', '${PW}')`,
  `UPDATE users SET U&"\\0070assword" = '${PW}'`,
  `SET standard_conforming_strings = off; SELECT 'a\\' PASSWORD '; ALTER ROLE b PASSWORD '${PW}'`,
  `COPY t FROM PROGRAM 'curl https://bob:${PW}@h/'`,
];

t.test('A password is left out in every form, and so is none of what stands before it.', async (t) => {
  for (const text of FORMS) {
    const { text: shown, isMasked } = withoutSecrets(text);
    t.notMatch(shown, PW, text);
    t.ok(isMasked && shown.includes('***'), shown);
    t.equal(shown.slice(0, 3), text.slice(0, 3));
  }
});

t.test('Hashes are secrets, too.', async (t) => {
  const hash = `SCRAM-SHA-256$4096:${'A'.repeat(22)}==$x:y`;
  t.equal(withoutSecrets(`SELECT '${hash}'`).text, "SELECT '***'");
  t.equal(withoutSecrets(`SELECT 'md5${'0'.repeat(32)}'`).text, "SELECT '***'");
});

t.test('What is no secret stays as it is.', async (t) => {
  for (const text of [
    "SELECT 'x', E'a\\nb', $$c$$, $1 FROM t WHERE url = 'https://example.com/'",
    "ALTER ROLE bob PASSWORD NULL; SELECT 'md5 of it'",
    'CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT current_setting($x$a$x$) $$',
    'SELECT password FROM users WHERE id = $1',
  ])
    t.strictSame(withoutSecrets(text), { text, isMasked: false });
  t.equal(
    withoutSecrets(`DO $$ BEGIN PERFORM 'a'; ALTER ROLE b PASSWORD 'x'; PERFORM 'c'; END $$`).text,
    `DO $$ BEGIN PERFORM 'a'; ALTER ROLE b PASSWORD '***'; PERFORM 'c'; END $$`,
  );
});

t.test('Whatever stands around it, the literal behind PASSWORD is left out.', async (t) => {
  const noise = fc.array(
    fc.constantFrom(
      ' ',
      '\n',
      "'a'",
      "E'b\\''",
      '"c"',
      '$$d$$',
      '$e$f$e$',
      '-- g\n',
      '/* h */',
      ';',
      '(',
      ',',
      '1',
      'x',
      '\\',
    ),
    { maxLength: 8 },
  );
  const form = fc.constantFrom(`'${PW}'`, `E'${PW}'`, `U&'${PW}'`, `$q$${PW}$q$`);
  fc.assert(
    fc.property(noise, form, noise, (before, literal, behind) => {
      const text = `${before.join(' ')} \n ALTER ROLE b PASSWORD ${literal} ${behind.join(' ')}`;
      if (withoutSecrets(text).text.includes(PW)) throw new Error(text);
    }),
    { numRuns: 2000 },
  );
  t.pass('it was in none');
});
