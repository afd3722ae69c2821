import fc from 'fast-check';
import { loadModule } from 'libpg-query';
import t from 'tap';
import { kindOf } from '../../src/sql/ddl.ts';
import { areOthers, couldBeDdl } from '../../src/sql/ddl-words.ts';

await loadModule();

const DDL = [
  'CREATE TABLE a (n int)',
  'ALTER TABLE a ADD m int',
  'DROP VIEW v',
  'GRANT SELECT ON a TO b',
  'COMMENT ON TABLE a IS NULL',
  'SELECT 1 INTO a',
  'SELECT 1 INTO a UNION SELECT 2',
  'WITH x AS (SELECT 1) SELECT * INTO a FROM x',
  'EXPLAIN ANALYZE CREATE TABLE a AS SELECT 1',
  'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END',
  "SECURITY LABEL ON TABLE a IS 'x'",
  'REASSIGN OWNED BY a TO b',
  'IMPORT FOREIGN SCHEMA s FROM SERVER x INTO t',
  'REFRESH MATERIALIZED VIEW v',
  'CLUSTER a',
  'ALTER SYSTEM SET a = 1',
];
const OTHERS = [
  'SELECT 1',
  'TABLE a',
  'VALUES (1)',
  '(SELECT 1) UNION (SELECT 2)',
  'WITH x AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM x',
  'INSERT INTO a VALUES (1)',
  'UPDATE a SET n = 1',
  'DELETE FROM a',
  'MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE',
  'BEGIN',
  'COMMIT',
  'SAVEPOINT x',
  'COPY a FROM STDIN',
  'SET x = 1',
  'SHOW x',
  "PREPARE x AS SELECT 'CREATE TABLE'",
  'EXECUTE x',
  'EXPLAIN SELECT 1',
  'DO $$ BEGIN CREATE TABLE x (); END $$',
  'CALL p()',
  'TRUNCATE a',
  'VACUUM a',
  'LOCK a',
  'REINDEX TABLE a',
  'DECLARE c CURSOR FOR SELECT 1',
  '',
  '-- CREATE TABLE',
];

t.test('DDL is what PostgreSQL logs as such.', async (t) => {
  for (const text of DDL) t.equal(kindOf(text), 'ddl', text);
  for (const text of OTHERS) t.equal(kindOf(text), 'other', text);
  t.equal(kindOf('CREATE TABEL'), 'unknown');
  t.equal(kindOf('SELECT 1; DROP TABLE a'), 'ddl');
});

t.test('A look at the words misses no DDL, whatever stands around it.', async (t) => {
  const space = fc.constantFrom(' ', '\n', '/* ; */', '-- x\n', '');
  const statement = fc.tuple(
    space,
    fc.constantFrom(...DDL, ...OTHERS, "SELECT ';'", "SELECT E'\\'; --'"),
    space,
  );
  fc.assert(
    fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), (statements) => {
      const text = statements.map((parts) => parts.join(' ')).join('\n;');
      if (kindOf(text) === 'ddl' && !couldBeDdl(text)) throw new Error(text);
    }),
    { numRuns: 1000 },
  );
  for (const text of [
    'SELECT 1',
    'begin;',
    'UPDATE a SET n = 1; ',
    ' insert into t values (1)',
    'SELECT 1; SELECT 2',
    '/* x */ SELECT 1',
  ])
    t.notOk(couldBeDdl(text), text);
});

t.test('Command tags tell what is no DDL.', async (t) => {
  t.ok(areOthers(['BEGIN', 'INSERT 0 1', 'SELECT 5', 'COMMIT', '']));
  t.notOk(areOthers(['SELECT 1', 'CREATE TABLE']));
  t.notOk(areOthers([]));
});
