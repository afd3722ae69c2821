import fc from 'fast-check';
import t from 'tap';
import { formatAddress } from '../../src/allowlist/address.ts';
import { MAX_ENTRY_LENGTH, parseEntry } from '../../src/allowlist/entry.ts';
import { lastOfNetwork, networkOf } from '../../src/allowlist/network.ts';
import { anyText } from './any-text.ts';
import { aFamily, anAddress, numberOf } from './numbers.ts';

function read(text: string): string {
  const parsed = parseEntry(text);
  if ('problem' in parsed) return parsed.problem;
  const { first, last } = parsed.range;
  return `IPv${first.family} ${formatAddress(first)} to IPv${last.family} ${formatAddress(last)}`;
}

const GOOD: readonly (readonly [entry: string, meaning: string])[] = [
  ['203.0.113.7', 'IPv4 203.0.113.7 to IPv4 203.0.113.7'],
  ['2001:db8::7', 'IPv6 2001:db8::7 to IPv6 2001:db8::7'],
  ['::ffff:203.0.113.7', 'IPv4 203.0.113.7 to IPv4 203.0.113.7'],
  ['10.0.0.0/8', 'IPv4 10.0.0.0 to IPv4 10.255.255.255'],
  ['0.0.0.0/0', 'IPv4 0.0.0.0 to IPv4 255.255.255.255'],
  ['203.0.113.7/32', 'IPv4 203.0.113.7 to IPv4 203.0.113.7'],
  ['2001:db8::/32', 'IPv6 2001:db8:: to IPv6 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['::/0', 'IPv6 :: to IPv6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['::/80', 'IPv6 :: to IPv6 ::ffff:ffff:ffff'],
  ['::1/128', 'IPv6 ::1 to IPv6 ::1'],
  ['::ffff:10.0.0.0/104', 'IPv4 10.0.0.0 to IPv4 10.255.255.255'],
  ['::ffff:0:0/96', 'IPv4 0.0.0.0 to IPv4 255.255.255.255'],
  ['::ffff:203.0.113.7/128', 'IPv4 203.0.113.7 to IPv4 203.0.113.7'],
  ['198.51.100.20-198.51.100.50', 'IPv4 198.51.100.20 to IPv4 198.51.100.50'],
  ['198.51.100.20-198.51.100.20', 'IPv4 198.51.100.20 to IPv4 198.51.100.20'],
  ['::ffff:198.51.100.20-198.51.100.50', 'IPv4 198.51.100.20 to IPv4 198.51.100.50'],
  ['2001:db8::1-2001:db8::ffff', 'IPv6 2001:db8::1 to IPv6 2001:db8::ffff'],
  ['\t 203.0.113.7 \r\n', 'IPv4 203.0.113.7 to IPv4 203.0.113.7'],
  [' 10.0.0.0 / 8 ', 'IPv4 10.0.0.0 to IPv4 10.255.255.255'],
  ['198.51.100.20 - 198.51.100.50', 'IPv4 198.51.100.20 to IPv4 198.51.100.50'],
];

const BAD: readonly (readonly [entry: string, problem: string])[] = [
  ['', 'an entry is empty: write an address, a CIDR or a range a-b'],
  [' \t ', 'an entry is empty: write an address, a CIDR or a range a-b'],
  ['203.0.113.7/24', '203.0.113.7/24 has host bits set: write 203.0.113.0/24 or 203.0.113.7/32'],
  ['2001:db8::7/32', '2001:db8::7/32 has host bits set: write 2001:db8::/32 or 2001:db8::7/128'],
  ['::ffff:10.1.0.0/104', '::ffff:10.1.0.0/104 has host bits set: write 10.0.0.0/8 or 10.1.0.0/32'],
  ['10.0.0.0/33', '"33" is no prefix for 10.0.0.0: write a number from 0 to 32'],
  ['10.0.0.0/08', '"08" is no prefix for 10.0.0.0: write a number from 0 to 32'],
  ['10.0.0.0/-1', '"-1" is no prefix for 10.0.0.0: write a number from 0 to 32'],
  ['10.0.0.0/+8', '"+8" is no prefix for 10.0.0.0: write a number from 0 to 32'],
  ['10.0.0.0/', '"" is no prefix for 10.0.0.0: write a number from 0 to 32'],
  ['10.0.0.0/8/8', '"8/8" is no prefix for 10.0.0.0: write a number from 0 to 32'],
  ['10.0.0.0/255.0.0.0', '"255.0.0.0" is no prefix for 10.0.0.0: write a number from 0 to 32'],
  ['2001:db8::/129', '"129" is no prefix for 2001:db8::: write a number from 0 to 128'],
  ['::ffff:10.0.0.0/8', '"8" is no prefix for ::ffff:10.0.0.0: write a number from 96 to 128'],
  ['::ffff:0:0/95', '"95" is no prefix for ::ffff:0:0: write a number from 96 to 128'],
  ['10.0.0.9-10.0.0.1', '10.0.0.9-10.0.0.1 is reversed: write 10.0.0.1-10.0.0.9'],
  ['::2-::1', '::2-::1 is reversed: write ::1-::2'],
  ['10.0.0.1-2001:db8::1', '10.0.0.1-2001:db8::1 mixes IPv4 and IPv6: write a range for each'],
  ['::1-::ffff:10.0.0.1', '::1-::ffff:10.0.0.1 mixes IPv4 and IPv6: write a range for each'],
  ['-10.0.0.1', '"" is not an IPv4 or IPv6 address: write an address on both sides'],
  ['10.0.0.1-', '"" is not an IPv4 or IPv6 address: write an address on both sides'],
  ['10.0.0.1-50', '"50" is not an IPv4 or IPv6 address: write all four numbers'],
  [
    '10.0.0.1-10.0.0.2-10.0.0.3',
    '"10.0.0.2-10.0.0.3" is not an IPv4 or IPv6 address: a range has two addresses and a plain hyphen, and no prefix',
  ],
  [
    '10.0.0.1-10.0.0.2/24',
    '"10.0.0.1-10.0.0.2" is not an IPv4 or IPv6 address: a range has two addresses and a plain hyphen, and no prefix',
  ],
  [
    '10.0.0.1–10.0.0.2',
    '"10.0.0.1\\u201310.0.0.2" is not an IPv4 or IPv6 address: a range has two addresses and a plain hyphen, and no prefix',
  ],
  ['fe80::1%eth0', '"fe80::1%eth0" is not an IPv4 or IPv6 address: leave out the zone id'],
  ['fe80::%eth0/64', '"fe80::%eth0" is not an IPv4 or IPv6 address: leave out the zone id'],
  ['[::1]', '"[::1]" is not an IPv4 or IPv6 address: leave out brackets and port'],
  ['10.0.0.1:5432', '"10.0.0.1:5432" is not an IPv4 or IPv6 address: leave out brackets and port'],
  ['10.0.0.1 2', '"10.0.0.1 2" is not an IPv4 or IPv6 address: give each address its own entry'],
  [
    '10.0.0.1,10.0.0.2',
    '"10.0.0.1,10.0.0.2" is not an IPv4 or IPv6 address: give each address its own entry',
  ],
  ['10.0.0.*', '"10.0.0.*" is not an IPv4 or IPv6 address: write a CIDR such as 10.0.0.0/8'],
  ['10/8', '"10" is not an IPv4 or IPv6 address: write all four numbers'],
  [
    '010.0.0.1',
    '"010.0.0.1" is not an IPv4 or IPv6 address: four numbers from 0 to 255, without leading zeros',
  ],
  [
    '10.0.0.256',
    '"10.0.0.256" is not an IPv4 or IPv6 address: four numbers from 0 to 255, without leading zeros',
  ],
  ['office.example', '"office.example" is not an IPv4 or IPv6 address: names are not looked up'],
  ['1:2:3', '"1:2:3" is not an IPv4 or IPv6 address: write it as 203.0.113.7 or 2001:db8::7'],
  ['\u001b[2J', '"\\u001b[2J" is not an IPv4 or IPv6 address: names are not looked up'],
];

t.test('An entry is an address, a CIDR or a range.', async (t) => {
  for (const [entry, meaning] of GOOD) t.equal(read(entry), meaning, JSON.stringify(entry));
});

t.test('A wrong entry is told with its mend.', async (t) => {
  for (const [entry, problem] of BAD) t.equal(read(entry), problem, JSON.stringify(entry));
});

t.test('An entry has a length at which it ends.', async (t) => {
  const padded = (length: number) => '203.0.113.7'.padEnd(length);
  t.match(parseEntry(padded(MAX_ENTRY_LENGTH)), { range: {} });
  t.strictSame(parseEntry(padded(MAX_ENTRY_LENGTH + 1)), {
    problem: 'an entry is over 128 characters long: give each address its own entry',
  });
});

t.test('A long text is shown in part.', async (t) => {
  t.equal(
    read('x'.repeat(MAX_ENTRY_LENGTH)),
    `"${'x'.repeat(60)}..." is not an IPv4 or IPv6 address: names are not looked up`,
  );
});

t.test('Any range written as text is that range.', async (t) => {
  const ends = aFamily.chain((family) => fc.tuple(anAddress(family), anAddress(family)));
  const property = fc.property(ends, (pair) => {
    const [first, last] = pair.toSorted((left, right) => (numberOf(left) < numberOf(right) ? -1 : 1));
    if (first === undefined || last === undefined) return false;
    const parsed = parseEntry(`${formatAddress(first)} - ${formatAddress(last)}`);
    return (
      'range' in parsed &&
      numberOf(parsed.range.first) === numberOf(first) &&
      numberOf(parsed.range.last) === numberOf(last)
    );
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test('Any network written as text is that network.', async (t) => {
  const prefixed = aFamily.chain((family) =>
    fc.tuple(anAddress(family), fc.integer({ min: 0, max: family === 4 ? 32 : 128 })),
  );
  const property = fc.property(prefixed, ([address, prefix]) => {
    const first = networkOf(address, prefix);
    const parsed = parseEntry(`${formatAddress(first)}/${prefix}`);
    return (
      'range' in parsed &&
      numberOf(parsed.range.first) === numberOf(first) &&
      numberOf(parsed.range.last) === numberOf(lastOfNetwork(address, prefix))
    );
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test('Garbage is a problem of one printable line, and never an exception.', async (t) => {
  const piece = fc.constantFrom('10.0.0.1', '::1', '/', '-', ' ', '%', '\n', '\u001b', '\u202e', '33', '\0');
  const mixed = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  const property = fc.property(fc.oneof(anyText, mixed), (text) => {
    const parsed = parseEntry(text);
    return 'range' in parsed || /^[ -~]{1,300}$/.test(parsed.problem);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }));
});
