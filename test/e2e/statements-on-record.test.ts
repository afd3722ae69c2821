import { serialize } from 'pg-protocol';
import t from 'tap';
import { StatementClassifier } from '../../src/app/statement-classifier.ts';
import { DEFAULT_SQL_RULES, type SqlRules } from '../../src/catalog/model.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { formatVerifier } from '../../src/scram/verifier.ts';
import type { Followed } from '../../src/sql/followed.ts';
import { aBranch, anUpstream, aProject } from '../catalog/a-catalog.ts';
import { copyData, copyDone, copyFail, extended, functionCall } from '../session/statements.ts';
import { login } from '../support/client-login.ts';
import { query, sync, terminate } from '../support/frontend-messages.ts';
import { startEmbedded, type TestPostgres, type WithTeardown } from '../support/postgres.ts';
import { RawClient } from '../support/raw-client.ts';
import { aRole, certificate, verifier } from '../support/scene.ts';
import { TestGate } from '../support/test-gate.ts';
import { LOG_ALL, loggedBy, type Told } from './server-log.ts';
import { framesUpTo } from './sql-scene.ts';

const SETUP = [
  `CREATE ROLE app LOGIN CREATEDB CREATEROLE PASSWORD '${formatVerifier(verifier)}'`,
  'GRANT CREATE ON SCHEMA public TO app',
];

interface Scene {
  readonly postgres: TestPostgres;
  readonly gate: TestGate;
  readonly through: () => Promise<RawClient>;
}

async function open(t: WithTeardown, rules: Partial<SqlRules>): Promise<Scene> {
  const postgres = await startEmbedded(t, { bootstrapSql: SETUP, settings: LOG_ALL, tcp: {} });
  const classifier = new StatementClassifier({
    report: (problem) => {
      throw new Error(problem);
    },
  });
  const branch = aBranch('br-main', {
    isDefault: true,
    upstream: anUpstream({ host: '127.0.0.1', port: postgres.port, sslmode: 'disable' }),
    roles: [aRole('app', verifier)],
    sql: { ...DEFAULT_SQL_RULES, ...rules },
  });
  const gate = await TestGate.open({
    catalog: new CatalogSnapshot([aProject('shop', [branch])]),
    certificate,
    parts: { statements: { behind: false, kindOf: (text) => classifier.kindOf(text) } },
  });
  const clients: RawClient[] = [];
  t.teardown(async () => {
    for (const client of clients) client.destroy();
    await gate.gate.sessions.empty();
    gate.close();
    await classifier[Symbol.asyncDispose]();
  });
  const through = async (): Promise<RawClient> => {
    const client = await (await RawClient.connect(gate.port)).requestTls();
    clients.push(client);
    await login(client, { parameters: { database: 'postgres', client_encoding: 'UTF8' } });
    return client;
  };
  return { postgres, gate, through };
}

/** What ran, by the gateway's records: not what was passed over, or refused before it ran. */
function recorded(statements: readonly Followed[]): Told[] {
  return statements
    .filter(({ step, outcome, tags, sqlstate }) => {
      const ran = step === 'query' || step === 'execute' || step === 'call';
      // PostgreSQL logs neither what it cannot parse, nor an empty statement of the extended protocol.
      const isLogged = sqlstate !== '42601' && !(step === 'execute' && tags[0] === '');
      return ran && outcome !== 'discarded' && isLogged;
    })
    .map(({ text, sqlstate }) => ({ text: text?.shown.trim() ?? '?', sqlstate: sqlstate ?? '' }));
}

async function pidOf(client: RawClient): Promise<number> {
  client.send(query('SELECT pg_backend_pid()'));
  const row = (await framesUpTo(client, 1)).find(({ type }) => type === 'D'.charCodeAt(0));
  return Number(row?.body.toString('latin1', 6));
}

const named = Buffer.concat([
  serialize.parse({ name: 'st', text: 'SELECT generate_series(1, 5) AS n' }),
  serialize.bind({ portal: 'po', statement: 'st', values: [] }),
  serialize.execute({ portal: 'po', rows: 2 }),
  serialize.execute({ portal: 'po', rows: 2 }),
  serialize.execute({ portal: 'po', rows: 0 }),
]);

/** What is sent at once, and how many ReadyForQuery answer it. */
const CONVERSATION: readonly (readonly [Buffer, number])[] = [
  [query('CREATE TABLE t (n int PRIMARY KEY)'), 1],
  [query('INSERT INTO t VALUES (1); SELECT * FROM t; SELECT 1/0; SELECT 2'), 1],
  [query(''), 1],
  [query('SELEC'), 1],
  [Buffer.concat([extended('INSERT INTO t VALUES (7), (8)'), extended('SELECT 1'), sync]), 1],
  [
    Buffer.concat([
      extended('SELECT 3'),
      extended('SELECT 1/0'),
      extended('SELECT 4'),
      query('SELECT 5'),
      sync,
      query('SELECT 6'),
    ]),
    2,
  ],
  [Buffer.concat([extended('SELEC'), extended('SELECT 8'), sync, extended('SELECT 9'), sync]), 2],
  [
    Buffer.concat([query('BEGIN'), named, sync, query('SELECT 1/0'), query('SELECT 10'), query('ROLLBACK')]),
    5,
  ],
  [Buffer.concat([query('COPY t FROM STDIN'), copyData('20\n21\n'), sync, copyDone, query('SELECT 11')]), 2],
  [Buffer.concat([query('COPY t FROM STDIN'), copyData('x\n'), copyDone, query('SELECT 12')]), 2],
  [Buffer.concat([query('COPY t FROM STDIN'), copyFail, copyDone, query('SELECT 13')]), 2],
  [
    Buffer.concat([
      extended('COPY t FROM STDIN'),
      sync,
      copyData('30\n'),
      copyDone,
      sync,
      query('SELECT 14'),
    ]),
    2,
  ],
  [
    Buffer.concat([extended('COPY t FROM STDIN'), sync, copyData('y\n'), copyDone, sync, query('SELECT 15')]),
    2,
  ],
  [query('COPY t TO STDOUT'), 1],
  [
    Buffer.concat([
      query('COPY t FROM STDIN; COPY t FROM STDIN'),
      copyData('40\n'),
      copyDone,
      copyData('41\n'),
      copyDone,
    ]),
    1,
  ],
  [Buffer.concat([extended(''), sync, functionCall, query('SELECT 16')]), 3],
  [
    Buffer.concat([
      extended('SELECT * FROM nowhere'),
      sync,
      query('SET statement_timeout = 1; SELECT pg_sleep(9)'),
    ]),
    2,
  ],
];

t.test(
  'What ran is on record as PostgreSQL logs it: each statement, in its order, with its SQLSTATE.',
  async (t) => {
    const { postgres, gate, through } = await open(t, { audit: 'all' });
    const client = await through();
    const pid = await pidOf(client);
    for (const [bytes, readies] of CONVERSATION) {
      client.send(bytes);
      t.equal((await framesUpTo(client, readies)).filter(({ type }) => type === 0x5a).length, readies);
    }
    client.send(terminate);
    await gate.journal.record();
    // The server's log comes by a pipe.
    for (let n = 0; n < 100 && !postgres.logged.some((line) => line.includes('pg_sleep')); n += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const { statements } = gate.journal;
    const logged = loggedBy(postgres, pid).map(({ text, sqlstate }) => ({
      text: text.replace(/fastpath function call: "int4pl" \(OID 177\)/, 'fastpath function call: OID 177'),
      sqlstate,
    }));
    t.strictSame(recorded(statements), logged);
    const discarded = statements
      .filter(({ outcome }) => outcome === 'discarded')
      .map(({ text }) => text?.shown);
    t.strictSame(discarded, [
      'SELECT 1/0',
      'SELECT 4',
      'SELECT 5',
      'SELEC',
      'SELECT 8',
      'SELECT * FROM nowhere',
    ]);
    t.match(
      statements.find(({ text }) => text?.shown.startsWith('INSERT INTO t VALUES (7)')),
      { step: 'execute', outcome: 'done', tags: ['INSERT 0 2'], rows: 2 },
    );
    const fetched = statements.filter(({ text }) => text?.shown.includes('generate_series'));
    t.strictSame(
      fetched.map(({ outcome, rows }) => [outcome, rows]),
      [
        ['suspended', undefined],
        ['suspended', undefined],
        ['done', 1],
      ],
    );
    t.ok(statements.every(({ duration }) => duration >= 0));
  },
);

t.test('With ddl only what changes definitions is on record.', async (t) => {
  const { gate, through } = await open(t, { audit: 'ddl' });
  const client = await through();
  const texts = [
    'SELECT 1',
    'CREATE TABLE d (n int)',
    'BEGIN; INSERT INTO d VALUES (1); COMMIT',
    'SELECT 2; DROP TABLE d',
    'SELECT 5 AS n INTO e',
    "SELECT 'into'",
    'DROP TABLE none',
    'CREATE TABEL',
    'EXPLAIN SELECT 1',
  ];
  client.send(...texts.map(query), extended('CREATE TABLE f ()'), extended('TABLE f'), sync);
  await framesUpTo(client, texts.length + 1);
  client.send(terminate);
  await gate.journal.record();
  const told = () => gate.journal.statements.map(({ text, outcome }) => `${outcome} ${text?.shown}`);
  for (let n = 0; n < 100 && told().length < 6; n += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  t.strictSame(told(), [
    'done CREATE TABLE d (n int)',
    'done SELECT 2; DROP TABLE d',
    'done SELECT 5 AS n INTO e',
    'failed DROP TABLE none',
    'failed CREATE TABEL',
    'done CREATE TABLE f ()',
  ]);
});
