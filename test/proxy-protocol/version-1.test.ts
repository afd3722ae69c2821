import t from 'tap';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { line, proxied, readStream, readWhole } from './headers.ts';

const LONGEST_V6 = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

t.test('The line of the specification is read (2.1).', async (t) => {
  const header = readWhole(line('PROXY TCP4 192.168.0.1 192.168.0.11 56324 443'));
  t.strictSame(header, proxied(['192.168.0.1', 56324], ['192.168.0.11', 443]));
});

t.test('Both families, the corners of ports and every spelling of IPv6 are read.', async (t) => {
  const lines: readonly (readonly [string, ReturnType<typeof proxied>])[] = [
    ['TCP4 1.1.1.1 2.2.2.2 0 1', proxied(['1.1.1.1', 0], ['2.2.2.2', 1])],
    ['TCP4 1.1.1.1 255.255.255.255 65535 65535', proxied(['1.1.1.1', 65535], ['255.255.255.255', 65535])],
    ['TCP6 2001:db8::7 2001:db8::1 56324 5432', proxied(['2001:db8::7', 56324], ['2001:db8::1', 5432])],
    ['TCP6 2001:DB8:0:0:0:0:0:7 ::1 1 2', proxied(['2001:db8::7', 1], ['::1', 2])],
    ['TCP6 ::1 :: 1 2', proxied(['::1', 1], ['::', 2])],
  ];
  for (const [text, expected] of lines) t.strictSame(readWhole(line(`PROXY ${text}`)), expected, text);
});

t.test('A mapped address under TCP6 is the IPv4 address.', async (t) => {
  for (const text of ['::ffff:203.0.113.7', '::FFFF:cb00:7107', '0:0:0:0:0:ffff:203.0.113.7']) {
    const header = readWhole(line(`PROXY TCP6 ${text} 2001:db8::1 56324 5432`));
    t.strictSame(header, proxied(['203.0.113.7', 56324], ['2001:db8::1', 5432]), text);
  }
});

t.test('UNKNOWN is a header without a client, whatever follows it up to 107 bytes.', async (t) => {
  const rests = ['', ' ', ' anything at all \0\x01\xff', ' TCP4 1.1.1.1 2.2.2.2 1 2', ` ${'x'.repeat(91)}`];
  for (const rest of [...rests, ` ${LONGEST_V6} ${LONGEST_V6} 65535 65535`]) {
    t.strictSame(readWhole(line(`PROXY UNKNOWN${rest}`)), { command: 'local', form: 'UNKNOWN' }, rest);
  }
});

t.test('The longest line is 107 bytes; a 108th is not asked for.', async (t) => {
  const longest = line(`PROXY UNKNOWN ${LONGEST_V6} ${LONGEST_V6} 65535 65535`);
  t.equal(longest.length, 107);
  t.equal(readStream(longest).taken, 107);
  for (const length of [108, 109, 200, 100_000]) {
    const over = line(`PROXY UNKNOWN ${'x'.repeat(length - 16)}`);
    t.equal(over.length, length);
    t.throws(() => readStream(over), new ProtocolViolation('over-long PROXY line'), `${length} bytes`);
  }
  t.throws(
    () => readStream(Buffer.from(`PROXY UNKNOWN ${'x'.repeat(93)}`)),
    ProtocolViolation,
    'without end',
  );
});

const MALFORMED: readonly (readonly [title: string, text: string])[] = [
  ['TCP4 in lower case', 'PROXY tcp4 1.1.1.1 2.2.2.2 1 2'],
  ['UNKNOWN in lower case', 'PROXY unknown'],
  ['UNKNOWN and a letter', 'PROXY UNKNOWNX'],
  ['UNKNOWN and a tab', 'PROXY UNKNOWN\t1.1.1.1'],
  ['another family', 'PROXY UDP4 1.1.1.1 2.2.2.2 1 2'],
  ['a family that does not exist', 'PROXY TCP5 1.1.1.1 2.2.2.2 1 2'],
  ['TCP without its number', 'PROXY TCP 1.1.1.1 2.2.2.2 1 2'],
  ['no family', 'PROXY 1.1.1.1 2.2.2.2 1 2'],
  ['two spaces behind PROXY', 'PROXY  TCP4 1.1.1.1 2.2.2.2 1 2'],
  ['two spaces behind the family', 'PROXY TCP4  1.1.1.1 2.2.2.2 1 2'],
  ['two spaces between the addresses', 'PROXY TCP4 1.1.1.1  2.2.2.2 1 2'],
  ['two spaces before the ports', 'PROXY TCP4 1.1.1.1 2.2.2.2  1 2'],
  ['two spaces between the ports', 'PROXY TCP4 1.1.1.1 2.2.2.2 1  2'],
  ['a space at the end', 'PROXY TCP4 1.1.1.1 2.2.2.2 1 2 '],
  ['a tab for a space', 'PROXY TCP4\t1.1.1.1 2.2.2.2 1 2'],
  ['a NUL at the end', 'PROXY TCP4 1.1.1.1 2.2.2.2 1 2\0'],
  ['no ports', 'PROXY TCP4 1.1.1.1 2.2.2.2'],
  ['one port', 'PROXY TCP4 1.1.1.1 2.2.2.2 1'],
  ['a third port', 'PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3'],
  ['one address', 'PROXY TCP4 1.1.1.1 1 2'],
  ['a source port of 65536', 'PROXY TCP4 1.1.1.1 2.2.2.2 65536 2'],
  ['a destination port of 65536', 'PROXY TCP4 1.1.1.1 2.2.2.2 1 65536'],
  ['a port of 99999', 'PROXY TCP4 1.1.1.1 2.2.2.2 99999 2'],
  ['a port of 65536 more', 'PROXY TCP4 1.1.1.1 2.2.2.2 65537 2'],
  ['a port of 20 digits', 'PROXY TCP4 1.1.1.1 2.2.2.2 18446744073709551617 2'],
  ['a port with a leading zero', 'PROXY TCP4 1.1.1.1 2.2.2.2 01 2'],
  ['a port of two zeros', 'PROXY TCP4 1.1.1.1 2.2.2.2 00 2'],
  ['a negative port', 'PROXY TCP4 1.1.1.1 2.2.2.2 -1 2'],
  ['a port with a sign', 'PROXY TCP4 1.1.1.1 2.2.2.2 +1 2'],
  ['a port in hexadecimal', 'PROXY TCP4 1.1.1.1 2.2.2.2 0x1 2'],
  ['a port with a point', 'PROXY TCP4 1.1.1.1 2.2.2.2 1.0 2'],
  ['a port with an exponent', 'PROXY TCP4 1.1.1.1 2.2.2.2 1e3 2'],
  ['a leading zero in the source', 'PROXY TCP4 01.1.1.1 2.2.2.2 1 2'],
  ['a leading zero in the destination', 'PROXY TCP4 1.1.1.1 2.2.2.02 1 2'],
  ['an octet of 256', 'PROXY TCP4 1.1.1.256 2.2.2.2 1 2'],
  ['three octets', 'PROXY TCP4 1.1.1 2.2.2.2 1 2'],
  ['five octets', 'PROXY TCP4 1.1.1.1.1 2.2.2.2 1 2'],
  ['a prefix', 'PROXY TCP4 1.1.1.1/32 2.2.2.2 1 2'],
  ['a name', 'PROXY TCP4 localhost 2.2.2.2 1 2'],
  ['IPv6 under TCP4', 'PROXY TCP4 2001:db8::7 2001:db8::1 1 2'],
  ['a mapped address under TCP4', 'PROXY TCP4 ::ffff:1.1.1.1 2.2.2.2 1 2'],
  ['IPv4 under TCP6', 'PROXY TCP6 1.1.1.1 2.2.2.2 1 2'],
  ['IPv6 and IPv4', 'PROXY TCP6 2001:db8::7 2.2.2.2 1 2'],
  ['IPv4 and IPv6', 'PROXY TCP4 1.1.1.1 2001:db8::1 1 2'],
  ['a zone id', 'PROXY TCP6 fe80::1%eth0 2001:db8::1 1 2'],
  ['brackets', 'PROXY TCP6 [2001:db8::7] [2001:db8::1] 1 2'],
  ['two gaps', 'PROXY TCP6 1::2::3 2001:db8::1 1 2'],
  ['five hexadecimal digits', 'PROXY TCP6 12345::1 2001:db8::1 1 2'],
  ['seven groups', 'PROXY TCP6 1:2:3:4:5:6:7 2001:db8::1 1 2'],
  ["another alphabet's digits", 'PROXY TCP4 1.1.1.1 2.2.2.2 \xb2 2'],
];

t.test('Any other line is a violation.', async (t) => {
  for (const [title, text] of MALFORMED) t.throws(() => readWhole(line(text)), ProtocolViolation, title);
});

t.test('Sources that no client can have are violations, destinations are not looked at.', async (t) => {
  for (const source of ['0.0.0.0', '240.0.0.1', '255.255.255.255', '224.0.0.1']) {
    t.throws(() => readWhole(line(`PROXY TCP4 ${source} 2.2.2.2 1 2`)), /cannot be a client's/, source);
    t.throws(() => readWhole(line(`PROXY TCP6 ::ffff:${source} ::1 1 2`)), /cannot be a client's/, source);
    t.match(readWhole(line(`PROXY TCP4 2.2.2.2 ${source} 1 2`)), { command: 'proxy' }, source);
  }
  for (const source of ['::', 'ff02::1', '::203.0.113.7']) {
    t.throws(() => readWhole(line(`PROXY TCP6 ${source} ::1 1 2`)), /cannot be a client's/, source);
  }
});

t.test('A lone CR or LF ends no line, and is a violation as soon as it is there.', async (t) => {
  const start = 'PROXY TCP4 203.0.113.7 192.0.2.1 56324 5432';
  const ends = ['\n', '\r\r', '\n\r', '\r\0', '\r \n', '\r\r\n', ' \n\r\n'];
  for (const end of ends) {
    const title = JSON.stringify(end);
    t.throws(() => readStream(Buffer.from(`${start}${end}  `)), /CR or LF of its own/, title);
    t.throws(() => readStream(Buffer.from(`PROXY UNKNOWN${end}  `)), /CR or LF of its own/, title);
  }
  t.throws(() => readStream(line('PROXY \r\nPROXY UNKNOWN')), /CR or LF of its own/);
  t.throws(() => readStream(Buffer.from('PROXY TCP4\r\n1.1.1.1 2.2.2.2 1 2\r\n')), /CR or LF of its own/);
});
