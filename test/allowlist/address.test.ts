import { isIP } from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import {
  compareWords,
  formatAddress,
  MAX_ADDRESS_LENGTH,
  parseAddress,
} from '../../src/allowlist/address.ts';
import { aFamily, anAddress, numberOf } from './numbers.ts';

function canonical(text: string): string | undefined {
  const address = parseAddress(text);
  return address && formatAddress(address);
}

const SPELLINGS: readonly (readonly [written: string, canonical: string])[] = [
  ['0.0.0.0', '0.0.0.0'],
  ['203.0.113.7', '203.0.113.7'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['::1', '::1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
  ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['10:0:0:10::', '10:0:0:10::'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['::203.0.113.7', '::cb00:7107'],
  ['ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];

const MAPPED = [
  '::ffff:203.0.113.7',
  '::FFFF:203.0.113.7',
  '::ffff:cb00:7107',
  '0:0:0:0:0:ffff:203.0.113.7',
  '0000:0000:0000:0000:0000:ffff:cb00:7107',
];

const NOT_ADDRESSES = [
  '',
  ' ',
  ' 203.0.113.7',
  '203.0.113.7 ',
  '203.0.113',
  '203.0.113.7.1',
  '203.0.113.256',
  '203.0.113.08',
  '203.0.113.007',
  '010.0.0.1',
  '0x7f.0.0.1',
  '1e1.0.0.1',
  '+1.0.0.1',
  '-1.0.0.1',
  '127.1',
  '2130706433',
  '203.0.113.7:5432',
  '203.0.113.7/32',
  '203.0.113.7\0',
  '٢.0.0.1',
  'localhost',
  ':',
  ':::',
  '::1::',
  '1::2::3',
  ':1::2',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4::5:6:7:8',
  '1:2:3:4:5:6:7:8::',
  '1:2:3:4:5:6:7:8:',
  '12345::',
  'g::',
  'fe80::1%eth0',
  'fe80::1%25eth0',
  '[::1]',
  '[::1]:5432',
  '::ffff:203.0.113.07',
  '::ffff:203.0.113',
  '::203.0.113.7:1',
  '203.0.113.7::',
  '203.0.113.7:1::',
  '1:2:3:4:5:6:7:203.0.113.7',
  '0'.repeat(MAX_ADDRESS_LENGTH + 1),
  `::${'0'.repeat(100_000)}1`,
];

t.test('Each spelling of an address becomes the canonical one.', async (t) => {
  for (const [written, expected] of SPELLINGS) t.equal(canonical(written), expected, written);
});

t.test('An IPv4 address mapped into IPv6 is the IPv4 address.', async (t) => {
  for (const written of MAPPED) t.strictSame(parseAddress(written), parseAddress('203.0.113.7'), written);
});

t.test('Anything else is no address.', async (t) => {
  for (const text of NOT_ADDRESSES) t.equal(parseAddress(text), undefined, JSON.stringify(text).slice(0, 60));
});

t.test('What is formatted is parsed as the same address.', async (t) => {
  const property = fc.property(aFamily.chain(anAddress), (address) => {
    const again = parseAddress(formatAddress(address));
    return again?.family === address.family && numberOf(again) === numberOf(address);
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test('The canonical IPv6 text is the one that a URL shows.', async (t) => {
  const property = fc.property(anAddress(6), (address) => {
    const text = formatAddress(address);
    return new URL(`http://[${text}]`).hostname === `[${text}]`;
  });
  t.doesNotThrow(() => fc.assert(property));
});

t.test('An address is one exactly where Node says so, zone ids aside.', async (t) => {
  const piece = fc.constantFrom(
    ':',
    '::',
    '.',
    '0',
    '1',
    '9',
    '25',
    '256',
    '01',
    'f',
    'ffff',
    '10000',
    'g',
    '-',
  );
  const almost = fc.array(piece, { maxLength: 18 }).map((pieces) => pieces.join(''));
  const spelled = fc.oneof(fc.ipV4(), fc.ipV6(), almost, fc.string());
  const broken = fc.tuple(spelled, fc.nat(), piece).map(([text, seed, other]) => {
    const at = seed % (text.length + 1);
    return text.slice(0, at) + other + text.slice(at + (seed % 2));
  });
  const property = fc.property(fc.oneof(spelled, broken), (text) => {
    const isOne = isIP(text) !== 0 && !text.includes('%');
    return (parseAddress(text) !== undefined) === isOne;
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }));
});

t.test('Addresses are ordered as numbers are.', async (t) => {
  const two = aFamily.chain((family) => fc.tuple(anAddress(family), anAddress(family)));
  const property = fc.property(two, ([left, right]) => {
    const difference = numberOf(left) - numberOf(right);
    return (
      Math.sign(compareWords(left.words, right.words)) === Number(difference > 0n) - Number(difference < 0n)
    );
  });
  t.doesNotThrow(() => fc.assert(property));
});
