import t from 'tap';
import type { ProxiedHeader } from '../../src/proxy-protocol/header.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import {
  IPV4,
  IPV6,
  proxied,
  readWhole,
  SIGNATURE,
  tlv,
  version2,
  withChecksum,
  withTlvs,
} from './headers.ts';

const ALPN = 0x01;
const AUTHORITY = 0x02;
const CRC32C = 0x03;
const NOOP = 0x04;
const UNIQUE_ID = 0x05;
const SSL = 0x20;
const NETNS = 0x30;
const AWS = 0xea;

function expected(details: Partial<ProxiedHeader>): ProxiedHeader {
  return proxied(['203.0.113.7', 56324], ['192.0.2.1', 5432], details);
}

t.test("The VPC endpoint's id of an AWS balancer is read from the header it sends.", async (t) => {
  const id = 'vpce-0123456789abcdef0';
  const header = withChecksum(tlv(AWS, `\x01${id}`), tlv(NOOP, Buffer.alloc(36)));
  t.strictSame(readWhole(header), expected({ vpcEndpoint: id }));
});

t.test('Authority and unique id are read, in whichever order, behind IPv6 addresses too.', async (t) => {
  const uniqueId = Buffer.from('00ff0a0d', 'hex');
  const tlvs = [tlv(UNIQUE_ID, uniqueId), tlv(AUTHORITY, 'ep-main-1.bärbel.example')];
  const details = { uniqueId, authority: 'ep-main-1.bärbel.example' };
  t.strictSame(readWhole(withTlvs(...tlvs)), expected(details));
  t.strictSame(readWhole(withTlvs(...tlvs.reverse())), expected(details));
  const six = readWhole(version2(0x21, 0x21, Buffer.concat([IPV6, ...tlvs])));
  t.strictSame(six, proxied(['2001:db8::7', 56324], ['2001:db8::1', 5432], details));
});

t.test('Values may be as long as they are allowed to be, and empty.', async (t) => {
  const authority = 'a'.repeat(255);
  const uniqueId = Buffer.alloc(128, 7);
  const vpcEndpoint = `vpce-${'f'.repeat(59)}`;
  const full = withTlvs(tlv(AUTHORITY, authority), tlv(UNIQUE_ID, uniqueId), tlv(AWS, `\x01${vpcEndpoint}`));
  t.strictSame(readWhole(full), expected({ authority, uniqueId, vpcEndpoint }));
  const empty = withTlvs(tlv(AUTHORITY, ''), tlv(UNIQUE_ID, ''), tlv(NOOP, ''));
  t.strictSame(readWhole(empty), expected({ authority: '', uniqueId: Buffer.alloc(0) }));
});

t.test(
  'TLVs that are not for us are skipped: SSL, ALPN, NETNS, unknown ones, other AWS subtypes.',
  async (t) => {
    const skipped = [
      tlv(SSL, Buffer.concat([Buffer.of(7, 0, 0, 0, 0), tlv(0x21, 'TLSv1.3'), tlv(0x22, 'app')])),
      tlv(SSL, ''),
      tlv(SSL, Buffer.of(1, 0, 0, 0, 0, 0x21, 0xff, 0xff)),
      tlv(ALPN, 'postgresql'),
      tlv(NETNS, 'blue'),
      tlv(NOOP, Buffer.alloc(1000)),
      tlv(0x00, 'x'),
      tlv(0xe0, 'x'),
      tlv(0xee, Buffer.of(1, 1, 2, 3, 4)),
      tlv(0xff, 'x'),
      tlv(AWS, '\x02vpce-0'),
      tlv(AWS, '\0'),
    ];
    for (const bytes of skipped)
      t.strictSame(readWhole(withTlvs(bytes)), expected({}), bytes.toString('hex'));
    // Also repeated, as padding may be.
    t.strictSame(readWhole(withTlvs(...skipped, ...skipped)), expected({}));
  },
);

t.test('A TLV that overruns the header is a violation, at every length.', async (t) => {
  const whole = tlv(AUTHORITY, 'example');
  for (let length = 1; length < whole.length; length += 1) {
    t.throws(() => readWhole(withTlvs(whole.subarray(0, length))), /overruns/, `${length} bytes`);
    const behind = withTlvs(tlv(NOOP, 'x'), whole.subarray(0, length));
    t.throws(() => readWhole(behind), /overruns/, `${length} bytes behind another`);
  }
  for (const length of [8, 9, 255, 0x7fff, 0xffff]) {
    t.throws(() => readWhole(withTlvs(tlv(NOOP, 'example', length))), /overruns/, `a length of ${length}`);
  }
});

t.test('Malformed and over-long values are violations.', async (t) => {
  const malformed: readonly (readonly [title: string, bytes: Buffer])[] = [
    ['an authority of 256 bytes', tlv(AUTHORITY, 'a'.repeat(256))],
    ['an authority that is not UTF-8', tlv(AUTHORITY, Buffer.of(0x61, 0xff))],
    ['an authority cut within a character', tlv(AUTHORITY, Buffer.of(0xc3))],
    ['an authority with an overlong slash', tlv(AUTHORITY, Buffer.of(0xc0, 0xaf))],
    ['a unique id of 129 bytes', tlv(UNIQUE_ID, Buffer.alloc(129))],
    ['an AWS TLV without a subtype', tlv(AWS, '')],
    ['an empty VPC endpoint', tlv(AWS, '\x01')],
    ['a VPC endpoint with a line feed', tlv(AWS, '\x01vpce-0\n')],
    ['a VPC endpoint with an escape', tlv(AWS, '\x01vpce-0\x1b[2J')],
    ['a VPC endpoint of 65 characters', tlv(AWS, `\x01${'v'.repeat(65)}`)],
    ['a VPC endpoint with bytes over 127', tlv(AWS, '\x01vpce-é')],
  ];
  for (const [title, bytes] of malformed) {
    t.throws(() => readWhole(withTlvs(bytes)), ProtocolViolation, title);
  }
});

t.test('Two answers to one question are a violation.', async (t) => {
  for (const type of [AUTHORITY, UNIQUE_ID]) {
    t.throws(() => readWhole(withTlvs(tlv(type, 'a'), tlv(type, 'a'))), /repeated/);
  }
  t.throws(() => readWhole(withTlvs(tlv(AWS, '\x01a'), tlv(NOOP, ''), tlv(AWS, '\x01b'))), /repeated/);
  t.throws(() => readWhole(withChecksum(tlv(CRC32C, Buffer.alloc(4)))), /repeated/);
  const subtypes = withTlvs(tlv(AWS, '\x02a'), tlv(AWS, '\x01b'), tlv(AWS, '\x02c'));
  t.strictSame(readWhole(subtypes), expected({ vpcEndpoint: 'b' }));
});

t.test('A checksum is verified: with any bit of the header flipped it is refused (2.2.3).', async (t) => {
  const header = withChecksum(tlv(AUTHORITY, 'example'), tlv(UNIQUE_ID, 'a'));
  t.strictSame(readWhole(header), expected({ authority: 'example', uniqueId: Buffer.from('a') }));
  // Before it the signature, version, family and length have their own checks.
  const start = SIGNATURE.length + 4;
  const type = start + IPV4.length;
  for (let bit = start * 8; bit < header.length * 8; bit += 1) {
    const at = bit >>> 3;
    // A checksum that is renamed is none.
    if (at === type) continue;
    const flipped = Buffer.from(header);
    flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (bit & 7)), at);
    t.throws(() => readWhole(flipped), ProtocolViolation, `bit ${bit}`);
  }
});

t.test('A checksum may stand anywhere among the TLVs; one not of 4 bytes is a violation.', async (t) => {
  const last = withTlvs(tlv(AUTHORITY, 'example'), tlv(CRC32C, Buffer.alloc(4)));
  t.throws(() => readWhole(last), /wrong checksum/);
  // Worked out once by another program.
  last.writeUInt32BE(0xe8047f3f, last.length - 4);
  t.strictSame(readWhole(last), expected({ authority: 'example' }));
  for (const length of [0, 1, 3, 5, 8]) {
    t.throws(() => readWhole(withTlvs(tlv(CRC32C, Buffer.alloc(length)))), /malformed checksum/, `${length}`);
  }
});

t.test("What is read is a copy: the header's memory may be used again.", async (t) => {
  const bytes = withTlvs(tlv(UNIQUE_ID, 'unique'), tlv(AUTHORITY, 'example'));
  const header = readWhole(bytes);
  bytes.fill(0);
  t.strictSame(header, expected({ uniqueId: Buffer.from('unique'), authority: 'example' }));
});
