import t from 'tap';
import type { AuthQuery } from '../../src/catalog/model.ts';
import { formatVerifier, type Verifier } from '../../src/scram/verifier.ts';
import { AuthQuerySource, DEFAULT_QUERY, type FoundVerifier } from '../../src/upstream/auth-query.ts';
import type { Row } from '../../src/upstream/control-connection.ts';
import { UpstreamUnreachable } from '../../src/upstream/ports.ts';
import { GOOD_ROW, rowOf } from '../support/auth-query-rows.ts';

const SETTINGS: AuthQuery = {
  role: 'lookup',
  password: undefined,
  database: 'postgres',
  query: undefined,
  superusers: false,
  replicationRoles: false,
};

const HOME = '192.0.2.1/32';

/** A source whose upstream and clock are the test's. */
class Bench {
  readonly source: AuthQuerySource;
  /** What reached the upstream: statement and parameter. */
  readonly asked: (readonly [sql: string, name: string])[] = [];
  clock = 1000;
  answer = async (name: string): Promise<Row[]> => [rowOf({ ...GOOD_ROW, rolname: name })];

  constructor(settings: Partial<AuthQuery> = {}) {
    const query = (sql: string, name: string): Promise<Row[]> => {
      this.asked.push([sql, name]);
      return this.answer(name);
    };
    this.source = new AuthQuerySource({ ...SETTINGS, ...settings }, { query }, () => this.clock);
  }

  async find(name: string, source = HOME): Promise<FoundVerifier> {
    return await this.source.find(name, source);
  }
}

const bench = (settings?: Partial<AuthQuery>): Bench => new Bench(settings);

t.test('A role is asked for by the default query, or the branch’s own.', async (t) => {
  const plain = bench();
  t.match(await plain.find('app'), { verifier: { iterations: 4096 } });
  t.strictSame(plain.asked, [[DEFAULT_QUERY, 'app']]);
  const own = bench({ query: 'SELECT * FROM lookup($1)' });
  await own.find(`x'; DROP TABLE users; --`);
  t.strictSame(own.asked, [['SELECT * FROM lookup($1)', `x'; DROP TABLE users; --`]]);
});

t.test(
  'Those who ask for a name while it is being asked for share one question, however long it takes.',
  async (t) => {
    const b = bench();
    const { promise, resolve } = Promise.withResolvers<Row[]>();
    b.answer = () => promise;
    const first = Array.from({ length: 50 }, () => b.find('app'));
    b.clock += 60_000;
    const later = Array.from({ length: 50 }, () => b.find('app'));
    resolve([rowOf(GOOD_ROW)]);
    const answers = await Promise.all([...first, ...later]);
    t.equal(b.asked.length, 1);
    t.equal(new Set(answers).size, 1);
    await b.find('app');
    t.equal(b.asked.length, 2, 'an answer is as old as its question');
  },
);

t.test('An answer holds for five seconds, that a name is unknown as well as a verifier.', async (t) => {
  for (const rows of [[rowOf(GOOD_ROW)], []]) {
    const b = bench();
    b.answer = async () => rows;
    await b.find('app');
    b.clock += 4999;
    await b.find('app');
    t.equal(b.asked.length, 1);
    b.clock += 1;
    await b.find('app');
    t.equal(b.asked.length, 2);
  }
});

t.test('A failure is told to all who wait for it, and is no answer for the next.', async (t) => {
  const b = bench();
  b.answer = () => Promise.reject(new UpstreamUnreachable('gone'));
  const waiting = [b.find('app'), b.find('app')];
  for (const each of waiting) await t.rejects(each, { message: 'gone' });
  t.equal(b.asked.length, 1);
  b.answer = async () => [rowOf(GOOD_ROW)];
  t.ok((await b.find('app')).verifier);
});

t.test('A failure that comes late does not drop a newer answer.', async (t) => {
  const b = bench();
  const { promise, reject } = Promise.withResolvers<Row[]>();
  b.answer = () => promise;
  const slow = b.find('slow');
  b.answer = async () => [];
  // So many names that the slow one is no longer remembered.
  for (let n = 0; n < 10_001; n += 1) {
    b.clock += 20;
    await b.find(`name${n}`);
  }
  await b.find('slow');
  const before = b.asked.length;
  reject(new UpstreamUnreachable('gone'));
  await t.rejects(slow);
  await b.find('slow');
  t.equal(b.asked.length, before);
});

t.test(
  'A name longer than an identifier is never asked for, since it would be cut into another’s.',
  async (t) => {
    const b = bench();
    t.match(await b.find('x'.repeat(64)), { verifier: undefined, why: 'no such role' });
    t.match(await b.find('é'.repeat(32)), { verifier: undefined });
    t.strictSame(b.asked, []);
    await b.find('x'.repeat(63));
    t.equal(b.asked.length, 1);
  },
);

t.test(
  'Strangers’ names are asked for at a bounded rate, and cannot use up that of acquaintances.',
  async (t) => {
    const b = bench();
    b.source.acquaint('app', HOME);
    for (let n = 0; n < 100; n += 1) await b.find(`name${n}`);
    await t.rejects(b.find('one more'), { name: 'UpstreamUnreachable', message: /too many/ });
    t.ok(await b.find('app'));
    b.clock += 20;
    t.ok(await b.find('one more'));
    await t.rejects(b.find('yet one more'));
    t.equal(b.asked.length, 102);
  },
);

t.test('A flood of invented names does not show a stranger which others are in use.', async (t) => {
  const b = bench();
  await b.find('app');
  b.source.acquaint('app', HOME);
  for (let n = 0; n < 99; n += 1) await b.find(`name${n}`, 'elsewhere');
  for (const name of ['app', 'name1', 'nobody']) {
    await t.rejects(b.find(name, 'elsewhere'), { message: /too many/ }, name);
  }
  t.ok(await b.find('app'));
});

t.test('Acquaintances are bounded too, and forgotten when there are too many of them.', async (t) => {
  const b = bench();
  for (let n = 0; n < 10_001; n += 1) b.source.acquaint(`name${n}`, HOME);
  for (let n = 1; n <= 1000; n += 1) await b.find(`name${n}`);
  await t.rejects(b.find('name1001'), { message: /too many/ });
  t.ok(await b.find('name0'), 'the first is a stranger again, at the rate of strangers');
});

const refusedFor = async (b: Bench, change: Record<string, string | null>): Promise<string | undefined> => {
  b.answer = async () => [rowOf({ ...GOOD_ROW, ...change })];
  b.clock += 10_000;
  const found: FoundVerifier = await b.find('app');
  return found.verifier === undefined ? found.why : undefined;
};

/** Each column’s rule: what is not plainly good is refused, NULL too. */
const RULES: readonly (readonly [change: Record<string, string | null>, why: RegExp])[] = [
  [{ rolname: 'App' }, /another role/],
  [{ rolname: null }, /another role/],
  [{ rolcanlogin: 'f' }, /not permitted to log in/],
  [{ rolcanlogin: null }, /not permitted/],
  [{ rolcanlogin: 'true' }, /not permitted/],
  [{ valid: 'f' }, /expired/],
  [{ valid: null }, /expired/],
  [{ rolsuper: 't' }, /superusers/],
  [{ rolsuper: null }, /superusers/],
  [{ rolreplication: 't' }, /replication roles/],
  [{ rolreplication: '' }, /replication roles/],
  [{ rolpassword: null }, /no SCRAM verifier/],
  [{ rolpassword: 'md5659725d34b5864ccd804eeb22725bf40' }, /no SCRAM verifier/],
  [{ rolpassword: 'plain' }, /no SCRAM verifier/],
];

t.test('A role that must not log in has no verifier, and our log is told why.', async (t) => {
  const b = bench();
  for (const [change, why] of RULES) t.match(await refusedFor(b, change), why, JSON.stringify(change));
  t.equal(await refusedFor(b, {}), undefined);
  t.equal(await refusedFor(bench({ superusers: true }), { rolsuper: 't' }), undefined);
  t.equal(await refusedFor(bench({ replicationRoles: true }), { rolreplication: 't' }), undefined);
  t.match(await refusedFor(bench({ superusers: true }), { rolreplication: 't' }), /replication roles/);
});

t.test(
  'A query that does not return what it should is a fault of the branch, not of the name.',
  async (t) => {
    const b = bench();
    for (const column of Object.keys(GOOD_ROW)) {
      const rest = Object.fromEntries(Object.entries(GOOD_ROW).filter(([name]) => name !== column));
      b.answer = async () => [rowOf(rest)];
      await t.rejects(b.find('app'), {
        name: 'UpstreamUnreachable',
        message: new RegExp(`no column ${column}`),
      });
    }
    b.answer = async () => [rowOf(GOOD_ROW), rowOf(GOOD_ROW)];
    await t.rejects(b.find('app'), { name: 'UpstreamUnreachable', message: /more than one row/ });
  },
);

t.test('The verifier is the one that was read.', async (t) => {
  const b = bench();
  const { verifier } = await b.find('app');
  t.equal(formatVerifier(verifier as Verifier), GOOD_ROW.rolpassword);
});
