import t from 'tap';
import type { AuditEvent } from '../../src/audit/events.ts';
import { Quota } from '../../src/session/quota.ts';
import type { ConnectionRecord } from '../../src/session/record.ts';
import { type OfItself, WorkerDesk } from '../../src/workers/desk.ts';
import { aRecord } from '../observe/a-record.ts';

/** A desk, and everything that came of what was said at it. */
function aDesk(admit: () => Promise<void> = () => Promise.resolve()) {
  const events: AuditEvent[] = [];
  const refused: string[] = [];
  const lost: ConnectionRecord[] = [];
  const said: OfItself[] = [];
  const tried: string[] = [];
  const quota = new Quota();
  const verdict = async (what: string, address: { readonly family: number }) => {
    tried.push(`${what} ${address.family}`);
    return { allowed: true } as const;
  };
  const desk = new WorkerDesk(
    {
      quota,
      failureCounted: () => void tried.push('all are told'),
      throttle: {
        logins: {
          check: ({ address }) => verdict('check', address),
          failed: ({ address }) => verdict('failed', address),
          succeeded: ({ address }) => verdict('succeeded', address),
        },
        cancels: {
          check: (address) => verdict('cancel', address),
          failed: async (address) => void (await verdict('wrong key', address)),
        },
      },
      admissions: { admit },
      trail: { record: (event) => void events.push(event), refused: ({ id }) => void refused.push(id) },
      findElsewhere: async (pid) => (pid === 1 ? 'ended' : undefined),
      lost: (record) => void lost.push(record),
    },
    (of) => void said.push(of),
  );
  return { desk, quota, events, refused, lost, said, tried };
}

const connection = { ...aRecord(), id: 'one', kind: 'session' as const };
const admit = { type: 'admit', connection, elapsed: 5 };

t.test('Seats are counted for all workers, and given back one by one or with the worker.', async (t) => {
  const { desk, quota } = aDesk();
  const claims = [
    { key: 'gateway', limit: undefined, room: 1 },
    { key: 'role', limit: 2 },
  ];
  t.strictSame(await desk.asked({ type: 'take', seat: 1, claims }), { crowded: [false, false] });
  t.strictSame(await desk.asked({ type: 'take', seat: 2, claims }), { crowded: [true, false] });
  t.strictSame(await desk.asked({ type: 'take', seat: 3, claims }), { full: 1 });
  await t.rejects(desk.asked({ type: 'take', seat: 2, claims }), /is taken/);
  desk.told({ type: 'leave', seat: 1 });
  desk.told({ type: 'leave', seat: 1 });
  t.equal(quota.count('role'), 1);
  desk.close();
  t.equal(quota.count('role'), 0);
  t.equal(quota.count('gateway'), 0);
  await t.rejects(desk.asked({ type: 'take', seat: 9, claims }), 'a worker that is gone takes no seat');
});

t.test('Seats without a bound are told, and count for a bound that comes.', async (t) => {
  const { desk, quota } = aDesk();
  for (const seat of [1, 2]) desk.told({ type: 'taken', seat, keys: ['branch', 'role'] });
  t.throws(() => desk.told({ type: 'taken', seat: 2, keys: ['branch'] }), /is taken/);
  const claims = [{ key: 'branch', limit: 2 }];
  t.strictSame(await desk.asked({ type: 'take', seat: 3, claims }), { full: 0 });
  desk.told({ type: 'leave', seat: 1 });
  t.strictSame(await desk.asked({ type: 'take', seat: 3, claims }), { crowded: [false] });
  desk.close();
  t.strictSame([quota.count('branch'), quota.count('role')], [0, 0]);
});

t.test('The throttle is asked with addresses that are addresses.', async (t) => {
  const { desk, tried } = aDesk();
  const attempt = { address: '192.0.2.1', place: { kind: 'branch', name: 'br' }, role: 'app' };
  for (const step of ['check', 'failed', 'succeeded'])
    t.strictSame(await desk.asked({ type: 'login', step, attempt }), { allowed: true });
  t.strictSame(await desk.asked({ type: 'cancel', step: 'check', address: '2001:db8::1' }), {
    allowed: true,
  });
  t.strictSame(await desk.asked({ type: 'cancel', step: 'failed', address: '2001:db8::1' }), {
    allowed: true,
  });
  t.strictSame(tried, [
    'check 4',
    'failed 4',
    'all are told',
    'succeeded 4',
    'cancel 6',
    'wrong key 6',
    'all are told',
  ]);
  await t.rejects(desk.asked({ type: 'cancel', step: 'check', address: 'x' }), /not an address/);
  t.equal(await desk.asked({ type: 'find-cancel', pid: 1, key: Buffer.alloc(4) }), 'ended');
});

t.test('A session that was let in is lost with its worker, unless its end was told.', async (t) => {
  const { desk, lost, events } = aDesk();
  t.equal(await desk.asked(admit), true);
  await desk.asked({ ...admit, connection: { ...connection, id: 'two' } });
  t.equal(desk.sessions, 2);
  const end = {
    bytesFromClient: 3,
    bytesFromUpstream: 4,
    outcome: 'cut',
    reason: 'killed',
    detail: undefined,
  };
  desk.told({ type: 'left', id: 'two', end, duration: 7 });
  const { address, port } = connection;
  t.match(events, [
    { type: 'logged-out', connection: { id: 'two', address, port } },
    { type: 'connection-closed', connection: { id: 'two', address, port, ...end }, duration: 7 },
  ]);
  t.throws(() => desk.told({ type: 'left', id: 'two', end, duration: 7 }), /was not let in/);
  t.equal(desk.close(), 1);
  t.match(lost, [{ id: 'one' }]);
  t.type(lost[0]?.admittedAt, 'number');
});

t.test('Whoever gave up while the record was written is not lost, and never was there.', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { desk, lost, refused } = aDesk(() => promise);
  const asked = desk.asked(admit);
  desk.told({ type: 'refused', connection });
  resolve();
  await asked;
  t.strictSame(refused, ['one']);
  t.equal(desk.close(), 0);
  t.strictSame(lost, []);
});

t.test('A session that is on record when its worker is gone already has its end.', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { desk, lost } = aDesk(() => promise);
  const asked = desk.asked(admit);
  t.equal(desk.close(), 0);
  resolve();
  await asked;
  t.match(lost, [{ id: 'one' }]);
});

t.test('What cannot be put on record is not let in.', async (t) => {
  const { desk } = aDesk(() => Promise.reject(new Error('the disk is full')));
  await t.rejects(desk.asked(admit), /the disk is full/);
  t.equal(desk.close(), 0);
});

t.test('A worker tells of connections and of itself, and of nothing else.', async (t) => {
  const { desk, events, said } = aDesk();
  const statement = {
    step: 'query',
    text: undefined,
    parameters: undefined,
    outcome: 'done',
    tags: ['SELECT 1'],
    rows: 1,
    sqlstate: undefined,
    duration: 1,
  };
  desk.told({ type: 'canceled', connection });
  desk.told({ type: 'statement', connection, statement });
  desk.told({ type: 'password-refused', connection, why: 'weak' });
  t.match(events, [{ type: 'canceled' }, { type: 'statement' }, { type: 'password-refused' }]);
  desk.told({ type: 'listening', ports: [6432] });
  t.match(said, [{ type: 'listening', ports: [6432] }]);
  for (const strange of [
    { type: 'stopped' },
    { type: 'catalog-changed', change: {} },
    { type: 'canceled' },
    { type: 'left', id: 'one', end: { bytesFromClient: 'many', bytesFromUpstream: 0 }, duration: 1 },
    { type: 'refused', connection: { ...connection, bytesFromClient: 'many' } },
    undefined,
  ])
    t.throws(() => desk.told(strange), { name: 'ZodError' });
  await t.rejects(desk.asked({ type: 'audit' }), { name: 'ZodError' });
});
