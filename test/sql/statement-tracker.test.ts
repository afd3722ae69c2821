import t from 'tap';
import type { Followed } from '../../src/sql/followed.ts';
import type { Sent } from '../../src/sql/sent.ts';
import { StatementTracker } from '../../src/sql/statement-tracker.ts';
import { bind, copyEnd, describe, execute, parse, query, type Said, sync } from './sent-messages.ts';

function run(script: readonly (Sent | Said)[]): Followed[] {
  const told: Followed[] = [];
  const tracker = new StatementTracker((followed) => told.push(followed));
  let now = 0;
  for (const each of script) {
    now += 1;
    if (typeof each === 'string') tracker.answers(each.charCodeAt(0), () => each.slice(2), now);
    else tracker.sends(each, now);
  }
  tracker.end(now);
  return told;
}

const shown = (told: readonly Followed[]) =>
  told.map(({ step, outcome, text, sqlstate }) =>
    [step, outcome, text?.shown ?? '?', sqlstate ?? ''].join(' '),
  );

t.test('A simple query ends with its ReadyForQuery and tells all its tags.', async (t) => {
  const [told] = run([query('a; b'), 'C INSERT 0 2', 'T', 'C SELECT 3', 'Z']);
  t.match(told, { step: 'query', outcome: 'done', tags: ['INSERT 0 2', 'SELECT 3'], rows: 5, duration: 4 });
  t.strictSame(shown(run([query('a'), 'C BEGIN', 'E 22012', 'Z', query('b'), 'I', 'Z'])), [
    'query failed a 22012',
    'query done b ',
  ]);
});

t.test('A statement is prepared once and told with each Execute, with its parameters.', async (t) => {
  const told = run([
    parse('p', 's'),
    '1',
    bind('s', ['1']),
    execute,
    sync,
    '2',
    'C SELECT 1',
    'Z',
    bind('s', ['2']),
    execute,
    '2',
    's',
    execute,
    sync,
    'C SELECT 0',
    'Z',
  ]);
  t.strictSame(shown(told), ['execute done p ', 'execute suspended p ', 'execute done p ']);
  t.strictSame(
    told.map(({ parameters }) => parameters),
    [['1'], ['2'], ['2']],
  );
});

t.test(
  'Parameters of a statement that names a password are not told, nor those of an unknown one.',
  async (t) => {
    const secret = run([
      parse('UPDATE u SET password = $1'),
      bind('', ['x', 'y']),
      execute,
      '1',
      '2',
      'C UPDATE 1',
    ]);
    t.strictSame(secret[0]?.parameters, ["'***'", "'***'"]);
    t.match(run([bind('gone', ['x']), execute, '2', 'C SELECT 1']), [
      { text: undefined, parameters: ["'***'"] },
    ]);
  },
);

t.test('After an error everything up to the next Sync was never run.', async (t) => {
  const sent = [
    parse('a'),
    bind(),
    describe,
    execute,
    parse('b'),
    bind(),
    execute,
    query('c'),
    sync,
    query('d'),
  ];
  t.strictSame(shown(run([...sent, '1', '2', 'n', 'E 23505', 'Z', 'C SELECT 1', 'Z'])), [
    'execute failed a 23505',
    'execute discarded b ',
    'query discarded c ',
    'query done d ',
  ]);
  t.strictSame(shown(run([parse('a'), 'E 42601', bind(), execute, sync, 'Z', query('b'), 'Z'])), [
    'parse failed a 42601',
    'execute discarded a ',
    'query done b ',
  ]);
  t.strictSame(shown(run([sync, 'E 23503', 'Z'])), ['sync failed ? 23503']);
});

t.test('What did not take effect is not remembered, and what is closed is forgotten.', async (t) => {
  const close: Sent = { step: 'close', statement: 's' };
  const script = [
    parse('a', 's'),
    '1',
    parse('b', 's'),
    'E 42P05',
    sync,
    'Z',
    bind('s'),
    execute,
    '2',
    'C X',
  ];
  t.strictSame(shown(run(script)), ['parse failed b 42P05', 'execute done a ']);
  t.strictSame(shown(run([parse('a', 's'), '1', close, '3', bind('s'), execute, '2', 'C X'])), [
    'execute done ? ',
  ]);
});

t.test(
  'While COPY data is read, Syncs have no answer; elsewhere the end of COPY means nothing.',
  async (t) => {
    const early = [parse('COPY'), bind(), execute, sync, copyEnd, sync, query('b')];
    t.strictSame(shown(run([...early, '1', '2', 'G', 'C COPY 1', 'Z', 'C SELECT 1', 'Z'])), [
      'execute done COPY ',
      'query done b ',
    ]);
    const late = [
      parse('COPY'),
      bind(),
      execute,
      sync,
      '1',
      '2',
      'G',
      sync,
      copyEnd,
      'C COPY 2',
      sync,
      query('b'),
      'Z',
      'Z',
    ];
    t.strictSame(shown(run(late)), ['execute done COPY ', 'query done b ']);
    const failed = [query('COPY'), 'G', 'E 22P02', copyEnd, 'Z', copyEnd, query('b'), 'Z'];
    t.strictSame(shown(run(failed)), ['query failed COPY 22P02', 'query done b ']);
    const two = [
      query('COPY; COPY'),
      copyEnd,
      copyEnd,
      'G',
      'C COPY 1',
      'G',
      'C COPY 1',
      query('b'),
      'Z',
      'Z',
    ];
    t.strictSame(shown(run(two)), ['query done COPY; COPY ', 'query done b ']);
  },
);

t.test('What is not answered when the session ends may have run or not.', async (t) => {
  t.strictSame(shown(run([query('a'), parse('b'), bind(), execute, sync])), [
    'query unanswered a ',
    'execute unanswered b ',
  ]);
  t.strictSame(shown(run([query('a'), 'E 57P01'])), ['query failed a 57P01']);
  const many = run(Array.from({ length: 250 }, (_, n) => query(`${n}`)));
  t.equal(many.length, 100);
  t.equal(many.at(-1)?.more, 150);
});

t.test('Messages that do not fit are passed over, and a server that is ready is believed.', async (t) => {
  t.strictSame(run(['Z', 'C X', 'E 00000', 'v', copyEnd]), []);
  t.strictSame(
    shown(run([parse('a'), '2', 'T', 'C X', 'A', '1', bind(), '2', execute, sync, 'Z', query('b'), 'Z'])),
    ['execute unanswered a ', 'query done b '],
  );
});

t.test(
  'Memory is bounded: prepared statements are forgotten, the oldest first, and a client that sends ahead waits.',
  async (t) => {
    const long = (n: number) => `${n} ${'x'.repeat(4000)}`;
    const told: Followed[] = [];
    const tracker = new StatementTracker((followed) => told.push(followed));
    for (let n = 0; n < 1000; n += 1) {
      tracker.sends(parse(long(n), `s${n}`), 0);
      tracker.answers('1'.charCodeAt(0), () => '', 0);
    }
    for (const n of [0, 999]) {
      tracker.sends(bind(`s${n}`), 0);
      tracker.sends(execute, 0);
      tracker.answers('2'.charCodeAt(0), () => '', 0);
      tracker.answers('C'.charCodeAt(0), () => 'X', 0);
    }
    t.strictSame(
      told.map(({ text }) => text?.shown),
      [undefined, long(999)],
    );
    for (let n = 0; n < 4096; n += 1) {
      if (tracker.crowded) throw new Error(`crowded by ${n} messages`);
      tracker.sends(query(long(n)), 0);
    }
    t.equal(tracker.crowded, true);
    tracker.answers('Z'.charCodeAt(0), () => '', 0);
    t.equal(tracker.crowded, false);
    tracker.end(0);
    const many = Array.from({ length: 100 }, () => 'x'.repeat(256));
    const binds = Array.from({ length: 20 }, () => bind('s', many));
    const answers = Array.from({ length: 20 }, () => '2');
    const [last] = run([parse('p', 's'), '1', ...binds, ...answers, execute, 'C X']);
    t.equal(last?.text?.shown, 'p');
    t.equal(last?.parameters, undefined, 'nor parameters without bound');
    t.equal(told.slice(2).filter(({ text }) => text !== undefined).length, 63, 'texts of 256 KiB at a time');
  },
);
