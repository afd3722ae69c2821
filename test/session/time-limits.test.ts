import { mock } from 'node:test';
import t, { type Test } from 'tap';
import { dialer } from '../../src/net/dial.ts';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { answerSasl, sendStartup } from '../support/client-login.ts';
import { query, sync } from '../support/frontend-messages.ts';
import { startEmbedded } from '../support/postgres.ts';
import type { RawClient } from '../support/raw-client.ts';
import { Scene, type SceneWish, verifier } from '../support/scene.ts';
import { expect, hang, notice, perform, scram, send, welcome } from '../support/upstream-steps.ts';
import { copyData, copyDone, extended, flush } from './statements.ts';

const postgres = await startEmbedded(t, {
  bootstrapSql: [
    `CREATE ROLE app LOGIN PASSWORD '${formatVerifier(verifier)}'`,
    'CREATE TABLE public.numbers (n int)',
    'GRANT ALL ON public.numbers TO app',
  ],
});

/** In ms; what must outlast it takes three times as long. */
const LIMIT = 400;
const LONGER = (3 * LIMIT) / 1000;

/** A gate before a real server, where it matters what that does. */
function beforePostgres(branch: SceneWish['branch']): Promise<Scene> {
  const target = { host: postgres.socketDir, port: postgres.port } as const;
  return Scene.open({ branch: { ...branch }, target });
}

const database = { parameters: { database: 'postgres' } };

/** Reads up to ReadyForQuery; @returns the letters that came. */
async function answer(client: RawClient): Promise<string> {
  let letters = '';
  while (!letters.endsWith('Z')) letters += String.fromCharCode((await client.readFrame()).type);
  return letters;
}

const IDLE = {
  severity: 'FATAL',
  sqlstate: '57P05',
  message: 'terminating connection due to idle-session timeout',
};

/** What a session does for longer than the limit, without being idle; each ends outside a transaction. */
const BUSY: Readonly<Record<string, (client: RawClient, t: Test) => Promise<void>>> = {
  'runs a statement': async (client) => {
    client.send(query(`SELECT pg_sleep(${LONGER})`));
    await answer(client);
  },
  'waits in a transaction': async (client) => {
    client.send(query('BEGIN'));
    await answer(client);
    await longer();
    client.send(query('COMMIT'));
    await answer(client);
  },
  'waits in a transaction that failed': async (client) => {
    client.send(query('BEGIN; SELECT 1 / 0'));
    await answer(client);
    await longer();
    client.send(query('ROLLBACK'));
    await answer(client);
  },
  'has a pipeline behind a short statement': async (client) => {
    client.send(extended('SELECT 1'), sync, extended(`SELECT pg_sleep(${LONGER})`), flush);
    await answer(client);
    for (const letter of '12TDC') await client.expect(letter);
    client.send(sync);
    await answer(client);
  },
  'hesitates before its Sync': async (client) => {
    client.send(extended('SELECT 1'), flush);
    for (const letter of '12TDC') await client.expect(letter);
    await longer();
    client.send(sync);
    await answer(client);
  },
  'hesitates in a COPY in': async (client, t) => {
    client.send(extended('COPY numbers FROM STDIN'), sync);
    for (const letter of '12nG') await client.expect(letter);
    client.send(copyData('1\n'), sync);
    await longer();
    client.send(copyData('2\n'), copyDone, sync);
    t.equal(await answer(client), 'CZ');
  },
  'listens, and speaks now and then': async (client) => {
    for (let times = 0; times < 15; times += 1) {
      client.send(query('LISTEN news'));
      await answer(client);
      await new Promise((resolve) => setTimeout(resolve, LIMIT / 5));
    }
  },
};

function longer(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * LONGER));
}

t.jobs = Object.keys(BUSY).length + 2;
for (const [title, deed] of Object.entries(BUSY)) {
  t.test(`A session that ${title} is not idle, and then it is.`, { buffered: true }, async (t) => {
    await using scene = await beforePostgres({ idleSessionTimeout: LIMIT });
    const { client } = await scene.session(database);
    await deed(client, t);
    t.equal(scene.gate.journal.records.length, 0);
    t.strictSame(await client.refusal(), IDLE);
    t.match(await scene.record(), { outcome: 'cut', reason: 'idle' });
  });
}

t.test('A session that was let in and says nothing is cut.', { buffered: true }, async (t) => {
  await using scene = await beforePostgres({ idleSessionTimeout: LIMIT });
  const { client } = await scene.session(database);
  t.strictSame(await client.refusal(), IDLE);
});

t.test('A session that only listens is idle, as it is for PostgreSQL.', { buffered: true }, async (t) => {
  await using scene = await beforePostgres({ idleSessionTimeout: 3 * LIMIT });
  const { client: listener } = await scene.session(database);
  const { client: other } = await scene.session(database);
  listener.send(query('LISTEN news'));
  await answer(listener);
  const told = listener.refusal();
  let open = true;
  void told.finally(() => {
    open = false;
  });
  while (open) {
    other.send(query('NOTIFY news'));
    await answer(other);
    await new Promise((resolve) => setTimeout(resolve, LIMIT / 4));
  }
  t.strictSame(await told, IDLE);
});

t.test('A session that has reached its age is cut, busy or not, and what it runs is canceled.', async (t) => {
  await using scene = await beforePostgres({ maxSessionAge: LIMIT });
  const { client: idle } = await scene.session(database);
  const { client: busy } = await scene.session(database);
  busy.send(query('SELECT pg_sleep(60)'));
  const old = {
    severity: 'FATAL',
    sqlstate: '57P01',
    message: 'terminating connection: the session has reached its maximum age',
  };
  t.strictSame(await idle.refusal(), old);
  t.strictSame(await busy.refusal(), old);
  for (const n of [0, 1]) t.match(await scene.record(n), { outcome: 'cut', reason: 'age' });
  while (!postgres.logged.some((line) => line.includes('canceling statement due to user request')))
    await new Promise((resolve) => setTimeout(resolve, 10));
  t.pass('the server has canceled the statement');
});

t.test('A session that has reached its age amid its rows is told behind a whole one.', async (t) => {
  const canceled = Promise.withResolvers<void>();
  const rows = Buffer.concat(Array.from({ length: 100 }, (_, n) => notice(`${n}`)));
  const cut = rows.length - 10;
  const script = [
    expect('startup'),
    scram(verifier),
    send(welcome()),
    expect('Q'),
    send(rows.subarray(0, cut)),
    perform(() => canceled.promise),
    send(rows.subarray(cut)),
    hang,
  ];
  const upstream = { onCancel: perform(() => canceled.resolve()) };
  await using scene = await Scene.open({ script, upstream, branch: { maxSessionAge: LIMIT } });
  const { client } = await scene.session();
  client.send(query('select many'));
  t.strictSame(await client.inbox.read(rows.length), rows);
  t.match(await client.refusal(), { sqlstate: '57P01' });
  t.match(await scene.record(), { reason: 'age' });
});

t.test('A session that ends before its age leaves nothing behind that would keep the process.', async (t) => {
  const [set, clear] = [setTimeout, clearTimeout];
  const spans = [3_600_001, 3_600_002] as const;
  const running = new Map<unknown, number>();
  mock.method(globalThis, 'setTimeout', (work: () => void, ms?: number) => {
    const timer = set(work, ms);
    if (ms === spans[0] || ms === spans[1]) running.set(timer, ms);
    return timer;
  });
  mock.method(globalThis, 'clearTimeout', (timer?: NodeJS.Timeout) => {
    running.delete(timer);
    clear(timer);
  });
  t.teardown(() => mock.restoreAll());
  const branch = { maxSessionAge: spans[0], idleSessionTimeout: spans[1] };
  await using scene = await Scene.open({ branch });
  const { client } = await scene.session();
  client.send(query('select 1'));
  await answer(client);
  t.strictSame(
    [...running.values()].toSorted((a, b) => a - b),
    [...spans],
  );
  client.destroy();
  await scene.record();
  t.strictSame([...running.values()], []);
});

const UNREACHABLE = {
  severity: 'FATAL',
  sqlstate: '57P03',
  message: 'upstream is not reachable, try again later',
};

t.test('An upstream that takes too long to connect is out of reach, long before the deadline.', async (t) => {
  const dial = dialer({ timeout: LIMIT, keepalive: 60_000 });
  const target = { sslmode: 'require' } as const;
  for (const script of [
    [expect('ssl-request'), hang],
    [expect('ssl-request'), send(Buffer.from('S')), hang],
  ]) {
    await using scene = await Scene.open({ script, target, parts: { dial } });
    const client = await scene.tlsClient();
    sendStartup(client);
    await answerSasl(client);
    t.strictSame(await client.refusal(), UNREACHABLE);
    t.match(await scene.record(), {
      outcome: 'refused',
      reason: 'upstream-unreachable',
      detail: `127.0.0.1:${scene.upstream.port}: no answer within ${LIMIT} ms`,
    });
  }
});

t.test('Once it is connected, the time to connect is over.', async (t) => {
  const dial = dialer({ timeout: LIMIT, keepalive: 60_000 });
  const slow = [expect('startup'), scram(verifier), perform(longer), send(welcome()), hang];
  await using scene = await Scene.open({ script: slow, parts: { dial } });
  await scene.session();
  await longer();
  t.equal(scene.gate.journal.records.length, 0);
});
