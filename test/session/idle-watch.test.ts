import fc from 'fast-check';
import t, { type Test } from 'tap';
import { query, sync } from '../support/frontend-messages.ts';
import { startEmbedded } from '../support/postgres.ts';
import { close, copyData, copyDone, copyFail, execute, extended, flush, functionCall } from './statements.ts';
import { WatchedSession } from './watched-session.ts';

const postgres = await startEmbedded(t, {
  bootstrapSql: ['CREATE TABLE numbers (n int)', 'CREATE TABLE words (w text)'],
});

/** Sends, and whether the session is idle once the server has done what it can. */
async function step(t: Test, session: WatchedSession, messages: readonly Buffer[], idle: boolean) {
  session.send(...messages);
  const { watch, server, agreed } = await session.agrees(idle);
  t.ok(agreed, `the server says ${server}`);
  t.equal(watch, idle, `idle: ${idle}`);
}

type Step = readonly [idle: boolean, ...messages: Buffer[]];

const three = 'SELECT generate_series(1, 3)';
const copyIn = 'COPY numbers FROM STDIN';

/** What a client sends at a time, and whether its session then waits for a statement outside a transaction. */
const SESSIONS: Readonly<Record<string, readonly Step[]>> = {
  'Simple queries': [
    [true, query('SELECT 1')],
    [true, query('')],
    [true, query('SELECT 1; SELECT 2; SELECT 3')],
    [true, query('SELECT 1 / 0')],
    [true, query('SELECT 1'), query('SELECT 1 / 0'), query('SELECT 2')],
  ],
  'A transaction': [
    [false, query('BEGIN')],
    [false, query('SELECT 1')],
    [false, query('SELECT 1 / 0')],
    [false, query('SELECT 1')],
    [true, query('ROLLBACK')],
    [true, query('BEGIN; SELECT 1; COMMIT')],
    [false, query('COMMIT; BEGIN')],
    [true, extended('COMMIT'), sync],
  ],
  'Extended queries': [
    [true, extended('SELECT 1'), sync],
    [false, extended('SELECT 1'), flush],
    [true, sync],
    [true, sync, sync, sync],
    [true, extended('SELECT 1 / 0'), sync],
    [true, extended('no SQL'), extended('SELECT 1'), sync],
    [false, extended('SELECT 1'), sync, extended('SELECT 2'), flush],
    [true, sync],
    [true, flush],
  ],
  Pipelines: [
    [true, extended('SELECT 1'), sync, extended('SELECT 1 / 0'), sync, extended('SELECT 2'), sync],
    [false, extended('BEGIN'), sync, extended('SELECT 1'), sync],
    [true, extended('SELECT 1 / 0'), sync, extended('ROLLBACK'), sync],
  ],
  'A suspended portal': [
    [false, extended(three, 1), flush],
    [false, execute(1), flush],
    [true, execute(1), close, sync],
    [false, query('BEGIN')],
    [false, extended(three, 1), sync],
    [true, query('END')],
  ],
  'COPY out': [
    [true, query('COPY (SELECT generate_series(1, 1000)) TO STDOUT')],
    [true, extended('COPY (SELECT generate_series(1, 1000)) TO STDOUT'), sync],
    [true, query('COPY (SELECT 1 / (500 - g) FROM generate_series(1, 1000) AS g) TO STDOUT')],
  ],
  'COPY in by a simple query': [
    [false, query(copyIn)],
    [false, copyData('1\n2\n')],
    [false, sync, flush, copyData('3\n')],
    [true, copyDone],
    [false, query(copyIn)],
    [true, copyFail],
    [true, query(copyIn), copyData('1\n'), copyDone],
    [false, query(`BEGIN; ${copyIn}; ${copyIn}`)],
    [false, copyData('1\n'), copyDone],
    [false, copyData('2\n'), copyDone],
    [true, query('COMMIT')],
  ],
  'COPY in by an extended query, as libpq does it': [
    [false, extended(copyIn), sync],
    [false, copyData('1\n'), sync],
    [true, copyDone, sync],
    [false, extended(copyIn), sync],
    [false, copyFail],
    [true, sync],
    [false, extended(copyIn), flush],
    [true, copyData('1\n'), copyDone, sync],
    [true, extended('SELECT 1'), sync],
  ],
  'A COPY in that fails before all its data have come': [
    [false, query(copyIn)],
    [true, copyData('no number\n'), copyData('1\n')],
    [true, copyData('2\n'), copyDone],
    [false, extended(copyIn), sync],
    [false, copyData('no number\n')],
    [false, copyData('2\n'), copyDone],
    [true, sync],
    [true, query('SELECT 1')],
  ],
  'A FunctionCall': [
    [true, functionCall],
    [true, functionCall, functionCall, query('SELECT 1')],
    [false, query('BEGIN'), functionCall],
    [true, query('END')],
  ],
  'What comes unasked': [
    [true, query('LISTEN news')],
    [true, query('NOTIFY news')],
    [true, query("SET application_name = 'x'")],
    [true, query("DO $$ BEGIN RAISE NOTICE 'hear'; END $$")],
    [false, query('BEGIN; NOTIFY news'), query("SET client_encoding = 'LATIN1'")],
    [true, query('COMMIT')],
  ],
};

// They wait for the server most of the time.
t.jobs = Object.keys(SESSIONS).length;
for (const [title, steps] of Object.entries(SESSIONS)) {
  t.test(`${title}: the watch says what PostgreSQL says.`, { buffered: true }, async (t) => {
    await using session = await WatchedSession.open(postgres);
    for (const [idle, ...messages] of steps) await step(t, session, messages, idle);
  });
}

t.test('A session that listens stays idle while others notify it.', async (t) => {
  await using listener = await WatchedSession.open(postgres);
  await using other = await WatchedSession.open(postgres);
  await step(t, listener, [query('LISTEN news')], true);
  listener.said = Buffer.alloc(0);
  other.send(query("NOTIFY news, 'of today'"));
  await listener.until('of today');
  t.match(await listener.agrees(), { watch: true, agreed: true });
});

t.test('A statement that runs is not idleness, although others before it have been answered.', async (t) => {
  await using session = await WatchedSession.open(postgres);
  session.send(query('SELECT 1'), query('SELECT pg_sleep(0.2)'));
  await session.until('SELECT 1');
  t.notOk(session.watch.idle);
  session.send(extended('SELECT 2'), sync, extended('SELECT pg_sleep(0.2)'), flush);
  await session.until('SELECT 1');
  t.notOk(session.watch.idle);
});

t.test('A client that sends a whole COPY blindly counts as busy rather than as idle.', async (t) => {
  await using session = await WatchedSession.open(postgres);
  session.send(extended(copyIn), sync, copyData('1\n'), copyDone, sync, query('SELECT pg_sleep(0.2)'));
  await session.until('COPY 1');
  t.notOk(session.watch.idle);
});

/** Things that clients do, each of which ends where it began. */
const DEEDS: readonly (readonly Buffer[])[] = [
  ...['SELECT 1', '', 'SELECT 1 / 0', 'BEGIN; ROLLBACK', three, 'NOTIFY news', 'LISTEN news'].flatMap(
    (sql) => [[query(sql)], ...(sql.includes(';') ? [] : [[extended(sql), sync]])],
  ),
  [extended('SELECT 1'), extended('SELECT 1 / 0'), extended('SELECT 2'), sync],
  [extended(three, 1), execute(1), flush, execute(5), sync],
  [functionCall],
  [sync],
  [query('COPY (SELECT 1) TO STDOUT')],
  [query(copyIn), copyData('1\n'), copyDone],
  [query('COPY words FROM STDIN'), copyData('ZZZZ\n'), copyFail],
  [query('BEGIN'), query('SAVEPOINT s'), query('SELECT 1 / 0'), query('ROLLBACK TO s'), query('COMMIT')],
];

t.test('Whatever a client does, and however it is cut, the two agree in the end.', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...DEEDS), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }),
      async (deeds, transaction, cuts) => {
        let cut = 0;
        const nextCut = (): number => cuts[cut++ % cuts.length] ?? 1;
        await using session = await WatchedSession.open(postgres, nextCut);
        if (transaction) session.send(query('BEGIN'));
        for (const deed of deeds) session.send(...deed);
        session.send(query('SELECT 1'));
        const { watch, server, agreed } = await session.agrees();
        if (!agreed) throw new Error(`the watch says ${watch}, the server ${server}`);
      },
    ),
    { numRuns: 25 },
  );
  t.pass('25 sessions');
});
