import pg from 'pg';
import t, { type Test as Tap } from 'tap';
import { all, bind, describe, execute, parse } from '../support/extended-query.ts';
import { message, query, sync } from '../support/frontend-messages.ts';
import { debianBinaries, startDebian15, startEmbedded } from '../support/postgres.ts';
import { comparable, framesUpTo, messagesIn, type SqlScene, sqlScene } from './sql-scene.ts';

const WEAK = 'hunter2hunter2';

/** A statement that PostgreSQL itself refuses where the gate refuses the weak password in it. */
const NATIVE = ' CONNECTION LIMIT -7';
const alter = `ALTER ROLE bob PASSWORD '${WEAK}'`;
const create = `CREATE USER carol PASSWORD '${WEAK}'`;

/** One send each; `weak` makes of a statement the weak one, or the one that fails by itself. */
type Turn = { readonly bytes: Buffer; readonly readies: number };
type Weak = (sql: string) => string;
const q = (sql: string): Turn => ({ bytes: query(sql), readies: 1 });
const turn = (readies: number, ...bytes: readonly Buffer[]): Turn => ({
  bytes: Buffer.concat(bytes),
  readies,
});

const CONVERSATIONS: Readonly<Record<string, (weak: Weak) => readonly Turn[]>> = {
  'a simple query': (weak) => [q(weak(alter)), q('SELECT 1')],
  'a role that is made': (weak) => [
    q(weak(create)),
    q("SELECT count(*) FROM pg_roles WHERE rolname = 'carol'"),
  ],
  'one statement of several': (weak) => [
    q(`INSERT INTO t VALUES (1); SELECT 1; ${weak(alter)}; SELECT 2`),
    q('SELECT count(*) FROM t'),
  ],
  'a transaction': (weak) => [q('BEGIN'), q(weak(alter)), q('SELECT 1'), q('COMMIT')],
  'a transaction in one message': (weak) => [
    q(`BEGIN; SELECT 1; ${weak(alter)}; COMMIT`),
    q('SELECT 1'),
    q('ROLLBACK'),
  ],
  'a savepoint': (weak) => [
    q('BEGIN'),
    q('INSERT INTO t VALUES (1)'),
    q('SAVEPOINT s'),
    q(weak(alter)),
    q('ROLLBACK TO s'),
    q('SELECT count(*) FROM t'),
    q('ROLLBACK'),
  ],
  'a transaction that has failed already': (weak) => [
    q('BEGIN'),
    q('SELECT 1/0'),
    q(weak(alter)),
    q(weak(create)),
    q('ROLLBACK'),
  ],
  'a read-only transaction': (weak) => [
    q('BEGIN READ ONLY'),
    q(weak(alter)),
    q('ROLLBACK'),
    q('BEGIN READ ONLY'),
    q(weak(create)),
    q('ROLLBACK'),
  ],
  'an extended query': (weak) => [turn(1, all(weak(alter)), sync), q('SELECT 1')],
  'a described statement with parameter types': (weak) => [
    turn(1, parse(weak(alter), 's', [23, 25]), describe('S', 's'), sync),
  ],
  'a prepared statement, executed again': (weak) => [
    turn(1, parse(weak(create), 's'), sync),
    q('SELECT name, parameter_types FROM pg_prepared_statements'),
    turn(2, bind('s'), execute(), sync, bind('s'), execute(), sync),
    turn(1, message('C', 'Ss\0'), sync),
    q('SELECT name FROM pg_prepared_statements'),
  ],
  'a pipeline with one Sync': (weak) => [
    turn(1, all('INSERT INTO t VALUES (1)'), all(weak(alter)), all('SELECT 2'), all(weak(create)), sync),
    q('SELECT count(*) FROM t'),
  ],
  'a pipeline with several Syncs': (weak) => [
    turn(
      4,
      all('SELECT 1'),
      sync,
      all(weak(alter)),
      all('SELECT 2'),
      sync,
      all(weak(create)),
      sync,
      all('SELECT 3'),
      sync,
    ),
  ],
  'a pipeline in a transaction': (weak) => [
    turn(3, all('BEGIN'), all(weak(alter)), sync, all('SELECT 1'), sync, all('ROLLBACK'), sync),
  ],
  'a pipeline that failed before': (weak) => [
    turn(2, all('SELECT 1/0'), all(weak(alter)), sync, all('SELECT 1'), sync),
  ],
  'several simple queries at once': (weak) => [
    turn(4, query('SELECT 1'), query(weak(alter)), query('SELECT 2'), query(weak(create))),
  ],
  'several statements in one Parse': (weak) => [turn(1, all(`SELECT 1; ${weak(alter)}`), sync)],
  'COPY, and then it': (weak) => [
    turn(1, query(`COPY t FROM STDIN; ${weak(alter)}`), message('d', '1\n'), message('c')),
    q('SELECT count(*) FROM t'),
  ],
  'it in the place of COPY data': (weak) => [turn(2, query('COPY t FROM STDIN'), query(weak(alter)))],
  'a large comment': (weak) => [q(weak(`/*${'x'.repeat(300_000)}*/ ${alter}`)), q('SELECT 1')],
};

async function compare(t: Tap, scene: SqlScene): Promise<void> {
  const superuser = new pg.Client(scene.postgres.superuser);
  await superuser.connect();
  const state = async (): Promise<unknown> => {
    const { rows } = await superuser.query(
      "SELECT rolname, rolpassword FROM pg_authid WHERE rolname !~ '^pg_' ORDER BY 1",
    );
    return rows;
  };
  const before = await state();
  for (const [name, make] of Object.entries(CONVERSATIONS)) {
    const [through, direct] = [await scene.through(), await scene.direct()];
    const turns = [make((sql) => sql), make((sql) => sql + NATIVE)] as const;
    for (const [i, { bytes, readies }] of turns[0].entries()) {
      through.send(bytes);
      direct.send(turns[1][i]?.bytes ?? Buffer.alloc(0));
      const [ours, theirs] = [await framesUpTo(through, readies), await framesUpTo(direct, readies)];
      t.strictSame(ours.map(comparable), theirs.map(comparable), `${name}, ${i}`);
      for (const [n, text] of messagesIn(ours).entries()) {
        const natively = messagesIn(theirs)[n];
        if (natively?.includes('-7') === true)
          t.match(text, /^password is too weak: \d+ bits, at least 60 needed$/, `${name}, ${i}`);
        else t.equal(text, natively, `${name}, ${i}`);
      }
    }
    t.strictSame(await state(), before, name);
    through.destroy();
    direct.destroy();
  }
  await superuser.end();
}

t.test(
  'A weak password fails as PostgreSQL 18 itself would have failed, byte for byte but for the text.',
  async (t) => {
    await compare(t, await sqlScene(t, startEmbedded));
  },
);

const skip = (await debianBinaries('15')) === undefined ? 'PostgreSQL 15 is not here' : false;
t.test('So it does with PostgreSQL 15.', { skip }, async (t) => {
  await compare(t, await sqlScene(t, startDebian15));
});
