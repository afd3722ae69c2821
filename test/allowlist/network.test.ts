import fc from 'fast-check';
import t from 'tap';
import { formatAddress } from '../../src/allowlist/address.ts';
import { ADDRESS_BITS, lastOfNetwork, networkOf } from '../../src/allowlist/network.ts';
import { addressOf, aFamily, anAddress, BITS, numberOf } from './numbers.ts';

const inANetwork = aFamily.chain((family) =>
  fc.tuple(anAddress(family), fc.integer({ min: 0, max: ADDRESS_BITS[family] })),
);

t.test('A network begins and ends where arithmetic with whole numbers says.', async (t) => {
  const property = fc.property(inANetwork, ([address, prefix]) => {
    const size = 1n << (BITS[address.family] - BigInt(prefix));
    const first = (numberOf(address) / size) * size;
    return (
      numberOf(networkOf(address, prefix)) === first &&
      numberOf(lastOfNetwork(address, prefix)) === first + size - 1n
    );
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1000 }));
});

t.test('A network keeps its family.', async (t) => {
  const property = fc.property(inANetwork, ([address, prefix]) => {
    return (
      networkOf(address, prefix).family === address.family &&
      lastOfNetwork(address, prefix).family === address.family
    );
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test('Each prefix at the edge of a word has the right mask.', async (t) => {
  const all = addressOf(6, (1n << 128n) - 1n);
  t.equal(formatAddress(networkOf(all, 0)), '::');
  t.equal(formatAddress(networkOf(all, 1)), '8000::');
  t.equal(formatAddress(networkOf(all, 32)), 'ffff:ffff::');
  t.equal(formatAddress(networkOf(all, 33)), 'ffff:ffff:8000::');
  t.equal(formatAddress(networkOf(all, 127)), 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe');
  t.equal(formatAddress(networkOf(all, 128)), 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff');
  t.equal(formatAddress(networkOf(addressOf(4, 0xffffffffn), 0)), '0.0.0.0');
  t.equal(formatAddress(lastOfNetwork(addressOf(4, 0n), 0)), '255.255.255.255');
});
