import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { addressAt, addressBytes } from '../../src/proxy-protocol/address-bytes.ts';
import { aFamily, anAddress } from '../allowlist/numbers.ts';
import { addressOf } from './headers.ts';

const SPELLINGS: readonly (readonly [hex: string, family: 4 | 6, text: string])[] = [
  ['cb007107', 4, '203.0.113.7'],
  ['ffffffff', 4, '255.255.255.255'],
  ['00000000', 4, '0.0.0.0'],
  ['20010db8000000000000000000000007', 6, '2001:db8::7'],
  ['ffffffffffffffffffffffffffffffff', 6, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['00000000000000000000000000000000', 6, '::'],
  ['00000000000000000000ffffcb007107', 6, '203.0.113.7'],
  ['00000000000000000000fffe00000001', 6, '::fffe:0:1'],
  ['00000000000000010000ffffcb007107', 6, '::1:0:ffff:cb00:7107'],
  ['00000001000000000000ffffcb007107', 6, '0:1::ffff:cb00:7107'],
];

t.test('Bytes are the address that their text is, a mapped one the IPv4 address.', async (t) => {
  for (const [hex, family, text] of SPELLINGS) {
    const bytes = Buffer.concat([Buffer.of(0xaa), Buffer.from(hex, 'hex'), Buffer.of(0xbb)]);
    t.strictSame(addressAt(bytes, 1, family), addressOf(text), text);
    t.equal(addressBytes(addressOf(text), family).toString('hex'), hex, text);
  }
});

t.test('An address comes back from its bytes, an IPv4 one from its mapped bytes too.', async (t) => {
  const property = fc.property(aFamily.chain(anAddress), (address) => {
    deepStrictEqual(addressAt(addressBytes(address, address.family), 0, address.family), address);
    deepStrictEqual(addressAt(addressBytes(address, 6), 0, 6), address);
  });
  t.doesNotThrow(() => fc.assert(property));
});
