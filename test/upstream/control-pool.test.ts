import t from 'tap';
import { Secret } from '../../src/catalog/secret.ts';
import { dial } from '../../src/net/dial.ts';
import { ControlPool } from '../../src/upstream/control-pool.ts';
import type { Dial } from '../../src/upstream/ports.ts';
import { anUpstream } from '../catalog/a-catalog.ts';
import { message } from '../support/frontend-messages.ts';
import { answerLookups, lookupScript, readLookup } from '../support/lookup-script.ts';
import { verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import {
  close,
  expect,
  fatal,
  hang,
  ok,
  perform,
  ready,
  reset,
  type Script,
  scram,
  send,
} from '../support/upstream-steps.ts';

const WHO = {
  role: 'lookup',
  password: new Secret('open sesame'),
  database: 'control',
  query: undefined,
  superusers: false,
  replicationRoles: false,
};

const named = (name: string): readonly { rolname: string }[] => [{ rolname: name }];
const good = lookupScript(named);
const found = (name: string): Map<string, string>[] => [new Map([['rolname', name]])];

/** A pool before an upstream; leaving it checks that the pool, once closed, holds no connection. */
class Bench implements AsyncDisposable {
  readonly pool: ControlPool;
  readonly upstream: ScriptedUpstream;
  dials = 0;

  private constructor(upstream: ScriptedUpstream, patience?: number) {
    const { host, port } = upstream;
    const counted: Dial = (...args) => {
      this.dials += 1;
      return dial(...args);
    };
    const target = anUpstream({
      host,
      port,
      sslmode: 'disable',
      requireAuth: new Set(['scram-sha-256', 'none']),
    });
    this.pool = new ControlPool(counted, target, WHO, patience);
    this.upstream = upstream;
  }

  static async open(...scripts: Script[]): Promise<Bench> {
    return new Bench(await ScriptedUpstream.open({ scripts }));
  }

  static async impatient(...scripts: Script[]): Promise<Bench> {
    return new Bench(await ScriptedUpstream.open({ scripts }), 300);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.pool.close();
    await this.upstream.deserted();
    const left = this.upstream.connections;
    this.upstream.close();
    if (left > 0) throw new Error(`${left} connections were left open`);
  }
}

t.test('A question is one extended query; the connection stays warm for the next.', async (t) => {
  await using bench = await Bench.open(good);
  t.strictSame(await bench.pool.query('SELECT $1', 'app'), found('app'));
  t.strictSame(await bench.pool.query('SELECT $1', `o'no\\`), found(`o'no\\`));
  t.equal(bench.dials, 1);
  const letters = bench.upstream.conversation().frames.map(({ type }) => String.fromCharCode(type));
  t.equal(letters.join(''), 'PBDESPBDES');
});

t.test(
  'Our own connections say who they are and pin their settings; nothing of a client is in them.',
  async (t) => {
    await using bench = await Bench.open([
      expect('startup'),
      scram(verifier),
      send(ok, ready),
      answerLookups(named),
    ]);
    await bench.pool.query('SELECT $1', 'app');
    const { startup } = bench.upstream.conversation();
    t.strictSame(startup?.version, { major: 3, minor: 0 });
    const settings = [...(startup?.parameters.settings() ?? [])].map(([name, value]) => [
      name,
      value.toString(),
    ]);
    t.strictSame(Object.fromEntries(settings), {
      user: 'lookup',
      database: 'control',
      application_name: 'portcullis',
      client_encoding: 'UTF8',
      options: '-c search_path=pg_catalog -c statement_timeout=5000 -c default_transaction_read_only=on',
    });
  },
);

t.test('Two connections at most are open, and questions take turns on them.', async (t) => {
  const go = Promise.withResolvers<void>();
  const gated = [expect('startup'), send(ok, ready), perform(() => go.promise), answerLookups(named)];
  await using bench = await Bench.open(gated);
  const names = Array.from({ length: 20 }, (_, n) => `name${n}`);
  const answers = Promise.all(names.map((name) => bench.pool.query('SELECT $1', name)));
  while (bench.upstream.connections < 2) await new Promise(setImmediate);
  go.resolve();
  t.strictSame(await answers, names.map(found));
  t.equal(bench.dials, 2);
});

/** Answers one look-up: nobody. */
const answerOnce = perform(async (conversation) => {
  await readLookup(conversation);
  conversation.send(
    Buffer.concat([message('1'), message('2'), message('n'), message('C', 'SELECT 0\0'), ready]),
  );
});

/** What a warm connection meets: it is replaced by one new connection, once. */
const BROKEN: Readonly<Record<string, Script>> = {
  'was closed while idle': [close],
  'was reset while idle': [reset],
  'was told to go while idle': [send(fatal('57P01', 'bye')), close],
  'is closed when asked': [expect('P'), close],
  'is reset when asked': [expect('P'), reset],
};

for (const [how, then] of Object.entries(BROKEN)) {
  t.test(`A warm connection that ${how} is replaced.`, async (t) => {
    await using bench = await Bench.open([expect('startup'), send(ok, ready), answerOnce, ...then], good);
    t.strictSame(await bench.pool.query('SELECT $1', 'app'), []);
    await new Promise((resolve) => setTimeout(resolve, 10));
    t.strictSame(await bench.pool.query('SELECT $1', 'app'), found('app'));
    t.equal(bench.dials, 2);
  });
}

t.test('A new connection that breaks is not replaced again.', async (t) => {
  await using bench = await Bench.open([expect('startup'), send(ok, ready), expect('P'), close]);
  await t.rejects(bench.pool.query('SELECT $1', 'app'), { name: 'ConnectionClosed' });
  t.equal(bench.dials, 1);
});

/** Failures of a question, and of the login before it; what the upstream says is for our log. */
const FAILURES: readonly (readonly [
  title: string,
  script: Script,
  error: { name: string; message: RegExp },
])[] = [
  [
    'an error of the query',
    lookupScript(() => Buffer.concat([fatal('42501', 'permission denied'), ready])),
    { name: 'UpstreamUnreachable', message: /auth_query failed: 42501: permission denied/ },
  ],
  [
    'three rows',
    lookupScript((name) => [...named(name), ...named(name), ...named(name)]),
    { name: 'UpstreamUnreachable', message: /more than one row/ },
  ],
  [
    'a row that does not fit',
    lookupScript(() => message('D', '\0\x01\0\0\0\x01x')),
    { name: 'ProtocolViolation', message: /does not fit/ },
  ],
  [
    'a row of a wrong length',
    lookupScript(() => message('D', '\0\x01')),
    { name: 'ProtocolViolation', message: /cut short/ },
  ],
  [
    'messages without end',
    lookupScript(() => Buffer.concat(Array(65).fill(message('1')))),
    { name: 'ProtocolViolation', message: /too many messages/ },
  ],
  [
    'an impossible length',
    lookupScript(() => Buffer.from('D\0\0\0\0')),
    { name: 'ProtocolViolation', message: /length/ },
  ],
  [
    'no such database',
    [expect('startup'), send(fatal('3D000', 'database "control" does not exist')), hang],
    { name: 'UpstreamUnreachable', message: /auth_query: 3D000/ },
  ],
  [
    'no free connections, told late',
    [expect('startup'), send(ok, fatal('53300', 'too many')), hang],
    { name: 'UpstreamUnreachable', message: /53300/ },
  ],
  [
    'a refused login',
    [expect('startup'), send(fatal('28P01', 'no')), hang],
    { name: 'UpstreamLoginRefused', message: /28P01/ },
  ],
];

for (const [title, script, error] of FAILURES) {
  t.test(`A question that meets ${title} fails, and leaves its connection.`, async (t) => {
    await using bench = await Bench.open(script);
    await t.rejects(bench.pool.query('SELECT $1', 'app'), error);
    await bench.upstream.deserted();
    t.equal(bench.upstream.connections, 0);
  });
}

t.test('A pool that is closed answers what it was asked, and keeps no connection.', async (t) => {
  const go = Promise.withResolvers<void>();
  await using bench = await Bench.open([
    expect('startup'),
    send(ok, ready),
    perform(() => go.promise),
    answerLookups(named),
  ]);
  const answer = bench.pool.query('SELECT $1', 'app');
  await new Promise((resolve) => setTimeout(resolve, 10));
  bench.pool.close();
  go.resolve();
  t.strictSame(await answer, found('app'));
  await bench.upstream.deserted();
  t.equal(bench.upstream.connections, 0);
});

t.test(
  'A question that gets no answer is given up, those waiting behind it too, without another try.',
  async (t) => {
    await using bench = await Bench.impatient([expect('startup'), send(ok, ready), answerOnce, hang], [hang]);
    await bench.pool.query('SELECT $1', 'warm');
    const late = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((name) => bench.pool.query('SELECT $1', name)),
    );
    for (const outcome of late) {
      t.match(outcome, {
        status: 'rejected',
        reason: { name: 'UpstreamUnreachable', message: /no answer within/ },
      });
    }
    t.ok(bench.dials <= 4, 'none is tried twice');
  },
);
