import t from 'tap';
import { addressPrefix, networkPrefix } from '../../src/throttle/prefixes.ts';
import { addressOf } from './a-throttle.ts';

t.test('An IPv4 address counts alone, and has no site around it.', async (t) => {
  t.equal(addressPrefix(addressOf('203.0.113.7')), '203.0.113.7/32');
  t.equal(addressPrefix(addressOf('::ffff:203.0.113.7')), '203.0.113.7/32');
  t.equal(networkPrefix(addressOf('203.0.113.7')), undefined);
});

t.test('An IPv6 address counts as its /64, within its /48.', async (t) => {
  for (const text of ['2001:db8:1:2::', '2001:db8:1:2:ffff:ffff:ffff:ffff']) {
    t.equal(addressPrefix(addressOf(text)), '2001:db8:1:2::/64');
    t.equal(networkPrefix(addressOf(text)), '2001:db8:1::/48');
  }
  t.not(addressPrefix(addressOf('2001:db8:1:3::')), addressPrefix(addressOf('2001:db8:1:2::')));
  t.not(networkPrefix(addressOf('2001:db8:2::')), networkPrefix(addressOf('2001:db8:1::')));
});
