import fc from 'fast-check';
import t from 'tap';
import { ByteBudget } from '../../src/audit/byte-budget.ts';
import { link, newChain } from '../../src/audit/chain.ts';
import type { ConnectionFacts, RefusedEvent } from '../../src/audit/events.ts';
import { RefusalTable } from '../../src/audit/refusals.ts';
import { CONNECTION, NOON } from '../support/audit-events.ts';

const UUID = '0190a000-0000-7000-8000-000000000001';
const KEY_ID = 'ab'.repeat(32);

function refusedFrom(address: string, reason: string, more: Partial<ConnectionFacts> = {}): ConnectionFacts {
  return { ...CONNECTION, address, reason, outcome: 'refused', ...more };
}

/** Writes events as the trail does. @returns their bytes, ends of line included. */
function bytesOf(events: readonly RefusedEvent[]): number {
  const head = newChain(UUID, KEY_ID);
  return events.reduce(
    (sum, event) => sum + Buffer.byteLength(link(event, { time: NOON, uid: UUID }, head).line) + 1,
    0,
  );
}

t.test('One refusal is told with all that is known of it, once a second has passed.', async (t) => {
  const table = new RefusalTable();
  const connection = refusedFrom('192.0.2.1', 'address');
  table.add(connection, NOON);
  t.strictSame(table.due(NOON + 999, 1e6), []);
  const [event, more] = table.due(NOON + 1000, 1e6);
  t.match(event, { type: 'refused', connection, count: 1, from: NOON, to: NOON });
  t.equal(event?.prefix, undefined);
  t.equal(more, undefined);
  t.equal(table.count, 0);
  t.strictSame(table.due(NOON + 5000, 1e6), []);
});

t.test('What waits stays as it was when it was refused.', async (t) => {
  const table = new RefusalTable();
  const connection = { ...refusedFrom('192.0.2.1', 'address') };
  table.add(connection, NOON);
  connection.role = 'somebody-else';
  t.match(table.drain(), [{ connection: { role: 'app' } }]);
});

t.test('Refusals that are alike are counted; they keep what they have in common.', async (t) => {
  const table = new RefusalTable();
  table.add(refusedFrom('192.0.2.1', 'address', { port: 1, role: 'a' }), NOON);
  table.add(refusedFrom('192.0.2.1', 'address', { port: 2, role: 'b' }), NOON + 300);
  table.add(refusedFrom('192.0.2.1', 'address', { port: 3, role: 'a' }), NOON + 100);
  const [event, more] = table.due(NOON + 1000, 1e6);
  t.equal(more, undefined);
  t.match(event, { count: 3, from: NOON, to: NOON + 300, prefix: '192.0.2.1/32' });
  t.match(event?.connection, { reason: 'address', branch: 'br-main-1', endpoint: 'ep-main-1', port: 0 });
  t.equal(event?.connection.role, undefined, 'their roles differ');
  t.equal(event?.connection.tls, undefined);
});

t.test('Addresses, reasons, and roles of failed logins are told apart; an IPv6 host is a /64.', async (t) => {
  const table = new RefusalTable();
  table.add(refusedFrom('192.0.2.1', 'address'), NOON);
  table.add(refusedFrom('192.0.2.2', 'address'), NOON);
  table.add(refusedFrom('192.0.2.1', 'no-tls'), NOON);
  table.add(refusedFrom('192.0.2.1', 'password', { role: 'a' }), NOON);
  table.add(refusedFrom('192.0.2.1', 'password', { role: 'b' }), NOON);
  table.add(refusedFrom('2001:db8::1', 'address'), NOON);
  table.add(refusedFrom('2001:db8::2', 'address'), NOON);
  table.add(refusedFrom('2001:db8:0:1::1', 'address'), NOON);
  t.equal(table.size, 7);
  t.match(
    table.drain().filter(({ count }) => count > 1),
    [{ count: 2, prefix: '2001:db8::/64' }],
  );
});

t.test('A clock that is set back holds nothing up.', async (t) => {
  const table = new RefusalTable();
  table.add(refusedFrom('192.0.2.1', 'address'), NOON);
  t.equal(table.due(NOON - 60_000, 1e6).length, 1);
});

t.test('Where keys get short, addresses are told coarser, and at last not at all.', async (t) => {
  const table = new RefusalTable(100);
  for (let n = 0; n < 5000; n += 1)
    table.add(refusedFrom(`10.${n % 7}.${n % 100}.${n % 50}`, 'address'), NOON);
  for (let n = 0; n < 200; n += 1) table.add(refusedFrom('x', `reason-${n}`), NOON);
  t.ok(table.size <= 100, `${table.size}`);
  t.equal(table.count, 5200);
  const prefixes = table.drain().map(({ prefix }) => prefix ?? '');
  for (const wanted of [/\/32$/, /\/24$/, /\/16$/, /^others$/]) {
    t.ok(
      prefixes.some((prefix) => wanted.test(prefix)),
      String(wanted),
    );
  }
});

t.test('A long text of a client is held cut, and told as cut.', async (t) => {
  const table = new RefusalTable();
  table.add(refusedFrom('192.0.2.1', 'address', { applicationName: '\u0001'.repeat(100_000) }), NOON);
  const [event] = table.drain();
  t.equal(event?.connection.applicationName?.length, 257);
  t.ok(bytesOf(event === undefined ? [] : [event]) < 4096);
});

const refusal = fc.record({
  address: fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1', 'nowhere'),
  ),
  reason: fc.constantFrom('address', 'password', 'no-tls', 'protocol', undefined),
  role: fc.option(fc.string({ unit: 'binary', maxLength: 300 }), { nil: undefined }),
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ refusal, wait: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ bytes: fc.nat(8192), wait: fc.nat(2000) }) },
);

t.test('No count is lost, the table is bounded, and lines keep to the bytes given.', async (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 20 }), (steps, keys) => {
      const table = new RefusalTable(keys);
      let [added, told, now] = [0, 0, NOON];
      for (const each of steps) {
        now += each.wait;
        if ('refusal' in each) {
          const { address, reason, role } = each.refusal;
          table.add({ ...CONNECTION, address, reason, role }, now);
          added += 1;
        } else {
          const events = table.due(now, each.bytes);
          if (bytesOf(events) > each.bytes) return false;
          told += counted(events);
        }
        if (table.size > keys || table.count !== added - told) return false;
      }
      return told + counted(table.drain()) === added && table.size === 0;
    }),
    { numRuns: 300 },
  );
  t.pass('300 histories');
});

function counted(events: readonly RefusedEvent[]): number {
  return events.reduce((sum, { count }) => sum + count, 0);
}

t.test('A budget saves up to its burst, and a clock that jumps gives no more.', async (t) => {
  const budget = new ByteBudget({ bytesPerSecond: 1000, burst: 5000 });
  t.equal(budget.available(NOON), 5000);
  budget.spend(5500);
  t.equal(budget.available(NOON), 0);
  t.equal(budget.available(NOON + 1000), 500);
  t.equal(budget.available(NOON - 10_000), 500);
  t.equal(budget.available(NOON + 3_600_000), 5000);
});

t.test('A million refusals of an hour take less than 20 MB, and still say who and why.', async (t) => {
  const [table, budget] = [new RefusalTable(), new ByteBudget({ bytesPerSecond: 4096, burst: 1_048_576 })];
  const reasons = ['address', 'no-tls', 'password'] as const;
  const expected = new Map<string, number>();
  const found = new Map<string, number>();
  let bytes = 0;
  const tell = (events: readonly RefusedEvent[]): void => {
    const written = bytesOf(events);
    budget.spend(written);
    bytes += written;
    for (const { connection, count, prefix = `${connection.address}/32` } of events) {
      const key = `${prefix} ${connection.reason}`;
      found.set(key, (found.get(key) ?? 0) + count);
    }
  };
  for (let n = 0; n < 1_000_000; n += 1) {
    const now = NOON + Math.floor(n * 3.6);
    const from = `198.51.${n % 4}.${Math.floor(n / 4) % 250}`;
    const reason = reasons[Math.floor(n / 1000) % 3] ?? 'address';
    table.add(refusedFrom(from, reason, { port: n % 65_536 }), now);
    expected.set(`${from}/32 ${reason}`, (expected.get(`${from}/32 ${reason}`) ?? 0) + 1);
    if (n % 277 === 0) tell(table.due(now, budget.available(now)));
  }
  tell(table.drain());
  t.ok(bytes < 20_000_000, `${bytes} bytes`);
  t.comment(`${bytes} bytes`);
  t.equal(expected.size, 3000);
  t.strictSame(found, expected);
});
