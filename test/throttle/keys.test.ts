import fc from 'fast-check';
import t from 'tap';
import { keysOf, partsOf, placeKey } from '../../src/throttle/keys.ts';
import { addressOf } from './a-throttle.ts';

const address = addressOf('2001:db8:1:2::3');

t.test('A login counts by its address, site, branch, role and pair.', async (t) => {
  const keys = keysOf({ address, place: { kind: 'branch', name: 'br-main' }, role: 'app' });
  t.equal(keys.address, '2001:db8:1:2::/64');
  t.equal(keys.network, '2001:db8:1::/48');
  t.equal(keys.branch, 'branch br-main');
  t.same(partsOf(keys.role), ['branch br-main', 'app']);
  t.same(partsOf(keys.pair), ['2001:db8:1:2::/64', 'branch br-main', 'app']);
});

t.test('An endpoint that a client names by a branch’s id is not that branch.', async (t) => {
  t.not(placeKey({ kind: 'endpoint', name: 'br-main' }), placeKey({ kind: 'branch', name: 'br-main' }));
});

t.test('What PostgreSQL would cut from a name makes no other role.', async (t) => {
  const keyFor = (role: string): string =>
    keysOf({ address, place: { kind: 'branch', name: 'b' }, role }).role;
  const longest = 'r'.repeat(63);
  t.equal(keyFor(`${longest}1`), keyFor(longest));
  t.equal(keyFor(`${longest}2`), keyFor(longest));
  t.not(keyFor('r'.repeat(62)), keyFor(longest));
  t.equal(keyFor(`${'é'.repeat(32)}1`), keyFor(`${'é'.repeat(32)}2`), '64 bytes');
});

t.test('Keys are short whatever the client says, and come apart as they were put together.', async (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 10_000 });
  const property = fc.property(text, text, (name, role) => {
    const { pair } = keysOf({ address, place: { kind: 'endpoint', name }, role });
    return partsOf(pair).length === 3 && pair.length < 200;
  });
  t.doesNotThrow(() => fc.assert(property));
});
