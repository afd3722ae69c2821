import { STRONG, type Verdict, WEAK } from './judged.ts';

const VERIFIER =
  'SCRAM-SHA-256$4096:c2FsdCBvZiAxNiBieXRlcw==$' +
  'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
const MD5 = 'md50123456789abcdef0123456789abcdef';

/** All ways to write a literal that reads as this, both settings of standard_conforming_strings alike. */
export function literalsOf(password: string): string[] {
  const hex = Array.from(password, (each) => `\\x${each.charCodeAt(0).toString(16)}`).join('');
  const octal = Array.from(password, (each) => `\\${each.charCodeAt(0).toString(8).padStart(3, '0')}`).join(
    '',
  );
  const four = Array.from(password, (each) => `\\${each.charCodeAt(0).toString(16).padStart(4, '0')}`).join(
    '',
  );
  const six = Array.from(password, (each) => `\\+${each.charCodeAt(0).toString(16).padStart(6, '0')}`).join(
    '',
  );
  const [head, tail] = [password.slice(0, 3), password.slice(3)];
  return [
    `'${password}'`,
    `E'${password}'`,
    `e'${hex}'`,
    `E'${octal}'`,
    `E'${four.replaceAll('\\', '\\u')}'`,
    `U&'${four}'`,
    `u&'${six}'`,
    `U&'${four.replaceAll('\\', '!')}' UESCAPE '!'`,
    `$$${password}$$`,
    `$q$${password}$q$`,
    `'${head}'\n'${tail}'`,
    `'${head}' \t\r\n \f '${tail}'`,
    `E'${head}'\n'${tail}'`,
  ];
}

/** What a statement that sets a password looks like around it. */
export const FORMS: readonly ((literal: string) => string)[] = [
  (literal) => `CREATE ROLE bob PASSWORD ${literal}`,
  (literal) => `CREATE USER bob WITH ENCRYPTED PASSWORD ${literal}`,
  (literal) => `CREATE GROUP bob LOGIN PASSWORD ${literal} NOINHERIT`,
  (literal) => `ALTER ROLE bob PASSWORD ${literal}`,
  (literal) => `alter user "bob" with login encrypted password ${literal} valid until 'infinity'`,
  (literal) => `ALTER/**/USER--\nbob/* /* ' */ */PassWord ${literal};;`,
  (literal) => `SELECT 1; ALTER ROLE bob PASSWORD ${literal}; SELECT 2`,
  (literal) => `BEGIN; CREATE ROLE bob PASSWORD ${literal}; COMMIT;`,
  (literal) => `/* ${'x'.repeat(300_000)} */ ALTER ROLE bob PASSWORD ${literal}`,
];

/** Ways round the gate, and everything that must not be taken for one. */
const SINGLE: readonly (readonly [sql: string, verdict: Verdict])[] = [
  // Clearing is no weak password.
  ['ALTER ROLE bob PASSWORD NULL', 'pass'],
  ['CREATE ROLE bob PASSWORD NULL', 'pass'],
  ["ALTER ROLE bob PASSWORD ''", 'weak'],
  // Two of them: an error upstream, refused if either is weak.
  [`ALTER ROLE bob PASSWORD '${STRONG}' PASSWORD '${WEAK}'`, 'weak'],
  [`ALTER ROLE bob PASSWORD '${WEAK}' PASSWORD NULL`, 'weak'],
  [`ALTER ROLE a PASSWORD '${STRONG}'; ALTER ROLE b PASSWORD '${WEAK}'`, 'weak'],
  [`ALTER ROLE a PASSWORD '${STRONG}'; ALTER ROLE b PASSWORD '${STRONG}x'`, 'pass'],
  [
    `CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC; ALTER ROLE a PASSWORD '${WEAK}'; END`,
    'weak',
  ],
  // Roles that the gate keeps, strong or not.
  [`ALTER ROLE app PASSWORD '${STRONG}'`, 'kept'],
  [`ALTER ROLE APP PASSWORD '${STRONG}'`, 'kept'],
  [`ALTER ROLE "app" PASSWORD '${STRONG}'`, 'kept'],
  [`ALTER ROLE U&"\\0061pp" PASSWORD '${STRONG}'`, 'kept'],
  [`ALTER ROLE "APP" PASSWORD '${STRONG}'`, 'pass'],
  [`ALTER USER app PASSWORD '${WEAK}'`, 'kept'],
  ['ALTER ROLE app PASSWORD NULL', 'kept'],
  [`CREATE ROLE app PASSWORD '${STRONG}'`, 'kept'],
  [`ALTER ROLE app ENCRYPTED PASSWORD '${VERIFIER}'`, 'kept'],
  [`ALTER USER CURRENT_USER PASSWORD '${STRONG}'`, 'kept'],
  [`ALTER ROLE SESSION_USER PASSWORD '${STRONG}'`, 'kept'],
  [`ALTER ROLE CURRENT_ROLE PASSWORD '${STRONG}'`, 'kept'],
  ['ALTER ROLE app CREATEDB', 'pass'],
  ["ALTER ROLE app SET password_encryption = 'md5'", 'pass'],
  ['ALTER ROLE app RENAME TO password', 'pass'],
  // Hashes, and what PostgreSQL may or may not take for one.
  [`ALTER ROLE bob PASSWORD '${VERIFIER}'`, 'hashed'],
  [`ALTER ROLE bob PASSWORD '${MD5}'`, 'hashed'],
  [`ALTER ROLE bob PASSWORD '${MD5.toUpperCase().replace('MD5', 'md5')}'`, 'hashed'],
  [`ALTER ROLE bob PASSWORD '${VERIFIER.replace('256$', '256$:')}'`, 'hashed'],
  [`ALTER ROLE bob PASSWORD '${VERIFIER.replace('==$', '==$:')}'`, 'hashed'],
  [`ALTER ROLE bob PASSWORD '$${VERIFIER}'`, 'hashed'],
  [`ALTER ROLE bob PASSWORD '${VERIFIER.replace('4096', ' +4096')}'`, 'hashed'],
  // Malformed ones are the password that they are.
  ["ALTER ROLE bob PASSWORD 'SCRAM-SHA-256$'", 'weak'],
  ["ALTER ROLE bob PASSWORD 'SCRAM-SHA-256$4096:aaaa$aaaa:aaaa'", 'weak'],
  ["ALTER ROLE bob PASSWORD 'md5hunter2'", 'weak'],
  // Backslashes in a plain literal.
  [`ALTER ROLE bob PASSWORD 'a\\'; SELECT '${STRONG}'`, 'two-ways'],
  [`ALTER ROLE bob PASSWORD '${STRONG}\\\\'`, 'two-ways'],
  [`ALTER ROLE bob PASSWORD '\\x68'`, 'two-ways'],
  [`SELECT 'a\\'; ALTER ROLE bob PASSWORD ''${WEAK}''; --'`, 'two-ways'],
  [`SELECT '\\'; ALTER ROLE bob PASSWORD '${STRONG}'; SELECT '\\'`, 'two-ways'],
  [`SELECT '\\\\'; ALTER ROLE bob PASSWORD '${WEAK}'`, 'weak'],
  [`SELECT '\\\\'; ALTER ROLE bob PASSWORD '${STRONG}'`, 'pass'],
  [`SELECT 'C:\\dir'; ALTER ROLE bob PASSWORD '${STRONG}'`, 'pass'],
  [`SET standard_conforming_strings = off; ALTER ROLE bob PASSWORD 'x\\'${STRONG}'`, 'two-ways'],
  [`SELECT 'create role a password \\' '`, 'pass'],
  [`SELECT E'\\'; ALTER ROLE bob PASSWORD ''${WEAK}'' --'`, 'pass'],
  // What cannot be parsed and looks like one: other grammars than ours may take it.
  [`ALTER ROLE bob UNENCRYPTED PASSWORD '${WEAK}'`, 'unparsed'],
  [`CREATE USER bob IDENTIFIED BY '${WEAK}' PASSWORD '${WEAK}'`, 'unparsed'],
  [`ALTER ROLE ALL PASSWORD '${WEAK}'`, 'unparsed'],
  [`ALTER ROLE bob PASSWORD ${WEAK}`, 'unparsed'],
  [`ALTER ROLE bob PASSWORD "${WEAK}"`, 'unparsed'],
  [`ALTER ROLE bob PASSWORD 'x' --\n'${WEAK}'`, 'unparsed'],
  [`PREPARE p AS ALTER ROLE bob PASSWORD '${WEAK}'`, 'unparsed'],
  [`EXPLAIN ALTER ROLE bob PASSWORD '${WEAK}'`, 'unparsed'],
  [`CREATE SCHEMA s CREATE ROLE bob PASSWORD '${WEAK}'`, 'unparsed'],
  [`ALTER ROLE bob PASSWORD N'${WEAK}'`, 'unparsed'],
  ["ALTER ROLE bob PASSWORD b'0'", 'unparsed'],
  ['ALTER ROLE bob PASSWORD 1', 'unparsed'],
  ['ALTER ROLE bob PASSWORD', 'unparsed'],
  [`ALTER ROLE bob PASSWORD '${WEAK}`, 'unparsed'],
  ['ALTER ROLE bob PASSWORD $1', 'weak'],
  // What cannot be parsed and does not.
  ["SELEC 'alter role bob password'", 'pass'],
  ["SELECT /* alter role bob */ password FRM t WHERE a = ' create role password '", 'pass'],
  ['CREATE TABLE "user" (password text,,)', 'pass'],
  ['ALTER TABLE t ADD user text, password', 'pass'],
  ['SELECT 1 FROM password alter role', 'pass'],
  // What looks like one to the eye alone.
  ["SELECT 'ALTER ROLE bob PASSWORD ''x'''", 'pass'],
  ['SELECT $$ALTER ROLE bob PASSWORD x$$', 'pass'],
  ["-- ALTER ROLE bob PASSWORD 'x'\nSELECT 1", 'pass'],
  ["/* ALTER ROLE bob PASSWORD 'x' */", 'pass'],
  ["COMMENT ON ROLE bob IS 'alter role bob password'", 'pass'],
  ["ALTER USER MAPPING FOR bob SERVER s OPTIONS (SET password 'x')", 'pass'],
  ["CREATE USER MAPPING FOR bob SERVER s OPTIONS (user 'a', password 'x')", 'pass'],
  ['ALTER GROUP password ADD USER password', 'pass'],
  ['CREATE ROLE password', 'pass'],
  ['ALTER ROLE bob SET search_path TO password', 'pass'],
  ["INSERT INTO t VALUES ('please create a user with a password')", 'pass'],
  ["COPY t FROM STDIN; SELECT 'create role password'", 'pass'],
  // Bodies that say it outright.
  [`DO $$BEGIN ALTER ROLE bob PASSWORD '${WEAK}'; END$$`, 'weak'],
  [
    `DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles) THEN CREATE ROLE bob PASSWORD '${WEAK}'; END IF; END$$`,
    'weak',
  ],
  [
    `DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles) THEN CREATE ROLE bob PASSWORD '${STRONG}'; END IF; END$$`,
    'pass',
  ],
  [`DO 'BEGIN ALTER ROLE bob PASSWORD ''${WEAK}''; END' LANGUAGE plpgsql`, 'weak'],
  [`DO $$BEGIN EXECUTE 'ALTER ROLE bob PASSWORD ''${WEAK}'''; END$$`, 'weak'],
  [`DO $$BEGIN EXECUTE $x$ALTER ROLE bob PASSWORD '${STRONG}'$x$; END$$`, 'pass'],
  [`DO $$BEGIN EXECUTE E'ALTER ROLE bob PASSWORD \\'${WEAK}\\''; END$$`, 'weak'],
  [`DO $$BEGIN ALTER ROLE app PASSWORD '${STRONG}'; END$$`, 'kept'],
  [`DO $a$BEGIN EXECUTE $b$DO $c$BEGIN ALTER ROLE bob PASSWORD '${WEAK}'; END$c$$b$; END$a$`, 'weak'],
  [
    `DO $a$BEGIN DO $b$BEGIN DO $c$BEGIN EXECUTE $d$DO $e$BEGIN ALTER ROLE a PASSWORD 'x'; END$e$$d$; END$c$; END$b$; END$a$`,
    'pass',
  ],
  [
    `DO $a$BEGIN EXECUTE $b$DO $c$BEGIN EXECUTE $d$DO $e$BEGIN EXECUTE $f$DO $g$BEGIN ALTER ROLE a PASSWORD 'x'; END$g$$f$; END$e$$d$; END$c$$b$; END$a$`,
    'unparsed',
  ],
  [`DO $$BEGIN ALTER ROLE bob PASSWORD 'x\\' ; '${STRONG}'; END$$`, 'two-ways'],
  [`DO $$BEGIN ALTER ROLE bob PASSWORD pw; END$$`, 'unparsed'],
  [
    `CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$SELECT 1; ALTER ROLE bob PASSWORD '${WEAK}'$$`,
    'weak',
  ],
  [`CREATE PROCEDURE f() AS $$BEGIN ALTER ROLE bob PASSWORD '${WEAK}'; END$$ LANGUAGE plpgsql`, 'weak'],
  [`CREATE FUNCTION f() RETURNS text LANGUAGE plpython3u AS $$ALTER ROLE bob PASSWORD '${WEAK}'$$`, 'pass'],
  [
    'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN UPDATE t SET user = 1, password = 2; RETURN new; END$$',
    'pass',
  ],
  ["DO $$BEGIN EXECUTE format('CREATE ROLE %I PASSWORD %L', 'bob', pw); END$$", 'pass'],
  // Beyond a gate's sight: docs/sql-policy.md says so.
  [`DO $$BEGIN EXECUTE 'ALTER ROLE bob ' || 'PASSWORD ''${WEAK}'''; END$$`, 'pass'],
  [`UPDATE pg_authid SET rolpassword = '${MD5}' WHERE rolname = 'bob' /* alter role password */`, 'pass'],
  [';', 'pass'],
  ['', 'pass'],
];

/** Every statement with what is to become of it. */
export function corpus(): (readonly [sql: string, verdict: Verdict])[] {
  return [
    ...literalsOf(WEAK).flatMap((literal) => FORMS.map((form) => [form(literal), 'weak'] as const)),
    ...literalsOf(STRONG).flatMap((literal) => FORMS.map((form) => [form(literal), 'pass'] as const)),
    ...SINGLE,
  ];
}
