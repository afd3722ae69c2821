import t from 'tap';
import type { AuditEvent } from '../../src/audit/events.ts';
import {
  countIn,
  type FilterOptions,
  outcomeIn,
  type RecordEvent,
  recordFilter,
  roleIn,
} from '../../src/audit/filter.ts';
import { toOcsf } from '../../src/audit/ocsf.ts';
import { CONNECTION, EVENTS, MANY_REFUSALS, NOON, ONE_REFUSAL } from '../support/audit-events.ts';

function recordOf(event: AuditEvent): RecordEvent {
  return JSON.parse(JSON.stringify(toOcsf(event, { time: NOON, uid: 'u', sequence: 1 })));
}

const RECORDS = Object.entries(EVENTS).map(([title, event]) => ({ title, record: recordOf(event) }));

const LEAVE = 'Many clients leave before they are let in';

function titles(options: FilterOptions): string[] {
  const filter = recordFilter(options);
  if ('problem' in filter) throw new Error(filter.problem);
  return RECORDS.filter(({ record }) => filter.matches(record)).map(({ title }) => title);
}

t.test('Where nothing is asked for, everything matches.', async (t) => {
  t.equal(titles({}).length, RECORDS.length);
});

t.test('Times are compared with both ends included; a refusal has a span.', async (t) => {
  t.equal(titles({ since: NOON, until: NOON }).length, RECORDS.length);
  t.strictSame(titles({ since: NOON + 1 }), ['Many logins fail', LEAVE]);
  t.strictSame(titles({ since: NOON + 60_001 }), [LEAVE]);
  t.strictSame(titles({ since: NOON + 240_001 }), []);
  t.strictSame(titles({ until: NOON - 1 }), []);
});

t.test('A role is found wherever its class has it.', async (t) => {
  t.strictSame(titles({ role: 'admin' }), ['Many logins fail']);
  t.strictSame(titles({ role: 'app' }), [
    'A connection is opened',
    'A role logs in',
    'The session reaches its upstream',
    'The upstream cannot be reached',
    'A statement runs',
    'A statement fails',
    'A password in SQL is refused',
    'A session ends',
    'A connection is closed',
    'A connection is refused',
    'A password is reset',
  ]);
  t.strictSame(titles({ role: 'kim' }), [], 'whoever changed something is not the role');
});

t.test('A branch is found by its id.', async (t) => {
  t.ok(titles({ branch: 'br-main-1' }).includes('An allowlist is changed'));
  t.strictSame(titles({ branch: 'br-other' }), []);
});

t.test('An address is found alone, in a network and in a range.', async (t) => {
  for (const address of ['192.0.2.99', '192.0.2.0/24', '192.0.2.1-192.0.2.100']) {
    t.strictSame(titles({ address }), ['A connection is refused', 'Many logins fail', LEAVE], address);
  }
  t.strictSame(titles({ address: '127.0.0.1' }), ['The admin listener is called']);
  t.strictSame(titles({ address: '::/0' }), []);
  t.match(recordFilter({ address: 'nonsense' }), { problem: /nonsense/ });
});

t.test('Refusals of many addresses match one that may have been among them.', async (t) => {
  const cases: Record<string, readonly [string, boolean]> = {
    '192.0.2.0/24': ['192.0.2.7', true],
    '198.51.0.0/16': ['192.0.2.7', false],
    '2001:db8::/64': ['2001:db8::5', true],
    others: ['192.0.2.7', true],
  };
  for (const [prefix, [address, expected]] of Object.entries(cases)) {
    const filter = recordFilter({ address });
    if ('problem' in filter) throw new Error(filter.problem);
    t.equal(filter.matches(recordOf({ ...MANY_REFUSALS, prefix })), expected, prefix);
  }
});

t.test('Outcomes are told in words for people.', async (t) => {
  t.strictSame(titles({ outcome: 'admitted' }), ['A role logs in']);
  t.strictSame(titles({ outcome: 'refused' }), [
    'A password in SQL is refused',
    'A connection is refused',
    'Many logins fail',
  ]);
  t.strictSame(titles({ outcome: 'abandoned' }), [LEAVE]);
  t.strictSame(titles({ outcome: 'cut' }), ['A connection is closed']);
  t.strictSame(titles({ outcome: 'canceled' }), ['A statement is canceled']);
  t.strictSame(titles({ outcome: 'failed' }), [
    'The upstream cannot be reached',
    'A statement fails',
    'The gateway reloads a file',
    'Records are lost',
  ]);
  const odd = {
    type: 'connection-closed',
    connection: { ...CONNECTION, outcome: 'odd' },
    duration: 1,
  } as const;
  t.equal(outcomeIn(recordOf(odd)), 'failed');
});

t.test('Only refusals are counted together.', async (t) => {
  t.equal(countIn(recordOf(MANY_REFUSALS)), 1200);
  t.equal(countIn(recordOf(ONE_REFUSAL)), 1);
  t.equal(countIn({ count: 7 }), 1);
});

t.test('A record of anybody else is looked at without harm.', async (t) => {
  for (const record of [{}, { time: 'x', src_endpoint: [], unmapped: null, user: 'x' }]) {
    for (const options of [
      { role: 'a' },
      { address: '::1' },
      { outcome: 'cut' },
      { branch: 'b' },
      {},
    ] as const) {
      const filter = recordFilter(options);
      t.notOk('problem' in filter || filter.matches(record));
    }
    t.equal(roleIn(record), undefined);
  }
});
