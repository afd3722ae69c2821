import fc from 'fast-check';
import IPCIDR from 'ip-cidr';
import t from 'tap';
import { type Address, formatAddress, parseAddress } from '../../src/allowlist/address.ts';
import { Allowlist } from '../../src/allowlist/allowlist.ts';
import { parseEntry, type Range } from '../../src/allowlist/entry.ts';
import { networkOf } from '../../src/allowlist/network.ts';
import { addressOf, aFamily, anAddress, BITS, numberOf } from './numbers.ts';

function listOf(...entries: string[]): Allowlist {
  return Allowlist.of(
    entries.map((entry) => {
      const parsed = parseEntry(entry);
      if ('problem' in parsed) throw new Error(parsed.problem);
      return parsed.range;
    }),
  );
}

function admits(list: Allowlist, text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is not an address`);
  return list.admits(address);
}

function aRange(family: 4 | 6): fc.Arbitrary<Range> {
  return fc
    .tuple(anAddress(family), anAddress(family))
    .map(([one, other]) =>
      numberOf(one) <= numberOf(other) ? { first: one, last: other } : { first: other, last: one },
    );
}

function isWithin({ first, last }: Range, address: Address): boolean {
  return (
    first.family === address.family &&
    numberOf(first) <= numberOf(address) &&
    numberOf(address) <= numberOf(last)
  );
}

/** The addresses where a range begins and ends, and those just outside. */
function edgesOf({ first, last }: Range): Address[] {
  const end = 1n << BITS[first.family];
  return [numberOf(first) - 1n, numberOf(first), numberOf(last), numberOf(last) + 1n]
    .filter((number) => number >= 0n && number < end)
    .map((number) => addressOf(first.family, number));
}

t.test('An address is admitted exactly where one of the ranges holds it.', async (t) => {
  const property = fc.property(
    fc.array(aFamily.chain(aRange), { maxLength: 40 }),
    fc.array(aFamily.chain(anAddress), { maxLength: 20 }),
    (ranges, addresses) => {
      const list = Allowlist.of(ranges);
      const asked = [...addresses, ...ranges.flatMap(edgesOf)];
      return asked.every(
        (address) => list.admits(address) === ranges.some((range) => isWithin(range, address)),
      );
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }));
});

t.test('A list is within another exactly where that one admits all that it does.', async (t) => {
  const few = fc.array(
    fc.tuple(aFamily, fc.nat(15), fc.nat(15)).map(([family, one, other]) => ({
      first: addressOf(family, BigInt(Math.min(one, other))),
      last: addressOf(family, BigInt(Math.max(one, other))),
    })),
    { maxLength: 6 },
  );
  const all = ([4, 6] as const).flatMap((family) =>
    Array.from({ length: 16 }, (_, number) => addressOf(family, BigInt(number))),
  );
  const property = fc.property(few, few, (ranges, others) => {
    const [list, other] = [Allowlist.of(ranges), Allowlist.of(others)];
    return list.isWithin(other) === all.every((address) => !list.admits(address) || other.admits(address));
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1000 }));
  const across = listOf('::ffff:fff0-::1:0:10');
  t.ok(across.isWithin(listOf('::-::ffff:ffff', '::1:0:0-::2:0:0')), 'two that touch where a word ends');
  t.notOk(across.isWithin(listOf('::-::ffff:fffe', '::1:0:0-::2:0:0')), 'one address is missing');
});

t.test('It decides as ip-cidr does within a family.', async (t) => {
  const network = aFamily.chain((family) =>
    fc
      .tuple(anAddress(family), fc.integer({ min: 0, max: family === 4 ? 32 : 128 }))
      .map(([address, prefix]) => ({
        family,
        cidr: `${formatAddress(networkOf(address, prefix))}/${prefix}`,
      })),
  );
  const property = fc.property(
    fc.array(network, { minLength: 1, maxLength: 5 }),
    aFamily.chain(anAddress),
    (networks, address) => {
      const text = formatAddress(address);
      const oracle = networks.some(
        ({ family, cidr }) => family === address.family && new IPCIDR(cidr).contains(text),
      );
      return listOf(...networks.map(({ cidr }) => cidr)).admits(address) === oracle;
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }));
});

t.test('Both ends of a range are in it, their neighbours are not.', async (t) => {
  const list = listOf('198.51.100.20-198.51.100.50', '2001:db8::/32');
  t.notOk(admits(list, '198.51.100.19'));
  t.ok(admits(list, '198.51.100.20'));
  t.ok(admits(list, '198.51.100.50'));
  t.notOk(admits(list, '198.51.100.51'));
  t.notOk(admits(list, '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff'));
  t.ok(admits(list, '2001:db8::'));
  t.ok(admits(list, '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'));
  t.notOk(admits(list, '2001:db9::'));
});

t.test('Families never match each other.', async (t) => {
  t.notOk(admits(listOf('0.0.0.0/0'), '2001:db8::1'));
  t.notOk(admits(listOf('0.0.0.0/0'), '::1'));
  t.notOk(admits(listOf('::/0'), '203.0.113.7'));
  t.notOk(admits(listOf('::/80'), '203.0.113.7'), 'mapped addresses lie within by number alone');
  t.notOk(admits(listOf('32.1.0.0/16'), '2001:db8::1'), 'ip-cidr 4.0.2 says yes');
  t.notOk(admits(listOf('2001:db8::/32'), '32.1.13.184'), 'ip-cidr 4.0.2 says yes');
});

t.test('A mapped address is asked for as IPv4.', async (t) => {
  t.ok(admits(listOf('203.0.113.0/24'), '::ffff:203.0.113.7'));
  t.ok(admits(listOf('::ffff:203.0.113.0/120'), '203.0.113.7'));
  t.notOk(admits(listOf('::/0'), '::ffff:203.0.113.7'));
});

t.test('An empty list admits nobody.', async (t) => {
  const list = Allowlist.of([]);
  t.ok(list.admitsNobody);
  t.equal(list.size, 0);
  t.notOk(admits(list, '127.0.0.1'));
  t.notOk(admits(list, '::1'));
});

t.test('Overlapping ranges count as one.', async (t) => {
  const list = listOf('10.0.0.5-10.0.0.9', '10.0.0.0/29', '10.0.0.2', '10.0.1.0/24', '::1', '::1');
  t.equal(list.size, 3);
  t.notOk(list.admitsNobody);
  t.ok(admits(list, '10.0.0.9'));
  t.notOk(admits(list, '10.0.0.10'));
});

t.test('A range inside a wider one does not shorten it.', async (t) => {
  const list = listOf('10.0.0.0/8', '10.0.0.1', '10.1.0.0/16');
  t.equal(list.size, 1);
  t.ok(admits(list, '10.255.255.255'));
});

t.test('Two hundred thousand entries are read from a generator and found again.', async (t) => {
  const count = 200_000;
  function* everySecondAddress(): Generator<Range> {
    for (let index = count; index > 0; index -= 1) {
      const address = addressOf(4, BigInt(index) * 2n);
      yield { first: address, last: address };
    }
  }
  const list = Allowlist.of(everySecondAddress());
  t.equal(list.size, count);
  t.ok(list.admits(addressOf(4, 2n)));
  t.ok(list.admits(addressOf(4, BigInt(count) * 2n)));
  t.notOk(list.admits(addressOf(4, BigInt(count) + 1n)));
});

t.test('A list that was handed over as bytes admits whom it admitted.', async (t) => {
  for (const entries of [['10.0.0.0/8', '10.200.0.0-11.0.0.5', '2001:db8::/32', '::1'], ['192.0.2.1'], []]) {
    const list = listOf(...entries);
    const addresses = ['10.1.2.3', '11.0.0.5', '11.0.0.6', '192.0.2.1', '2001:db8::7', '2001:db9::7', '::1'];
    const before = addresses.filter((address) => admits(list, address));
    const { bytes } = list;
    const arrived = Allowlist.from(structuredClone(bytes, { transfer: [bytes[4], bytes[6]] }));
    t.strictSame(
      addresses.filter((address) => admits(arrived, address)),
      before,
    );
  }
});
