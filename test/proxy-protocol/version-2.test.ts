import t from 'tap';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { IPV4, IPV6, proxied, readStream, readWhole, version2 } from './headers.ts';

/** The specification's header of TCP over IPv4 (2.2), with the addresses of its example in 2.1. */
const BY_HAND = Buffer.from(
  `${'0d0a0d0a000d0a515549540a'}${'21'}${'11'}${'000c'}c0a80001c0a8000bdc0401bb`,
  'hex',
);

t.test('TCP over IPv4 and over IPv6 are read (2.2).', async (t) => {
  t.strictSame(readWhole(BY_HAND), proxied(['192.168.0.1', 56324], ['192.168.0.11', 443]));
  const four = proxied(['203.0.113.7', 56324], ['192.0.2.1', 5432]);
  t.strictSame(readWhole(version2(0x21, 0x11, IPV4)), four);
  // Also where the balancer itself was reached over IPv4 (4.2; Envoy CVE-2024-23325 crashed on it).
  const six = proxied(['2001:db8::7', 56324], ['2001:db8::1', 5432]);
  t.strictSame(readWhole(version2(0x21, 0x21, IPV6)), six);
});

t.test('A mapped address is the IPv4 address, each of the two for itself.', async (t) => {
  const mapped = Buffer.from('00000000000000000000ffffcb007107', 'hex');
  const source = version2(0x21, 0x21, Buffer.concat([mapped, IPV6.subarray(16)]));
  t.strictSame(readWhole(source), proxied(['203.0.113.7', 56324], ['2001:db8::1', 5432]));
  const both = version2(0x21, 0x21, Buffer.concat([mapped, mapped, IPV6.subarray(32)]));
  t.strictSame(readWhole(both), proxied(['203.0.113.7', 56324], ['203.0.113.7', 5432]));
});

t.test('Sources that no client can have are violations, mapped ones too.', async (t) => {
  for (const hex of ['00000000', 'f0000001', 'ffffffff', 'e0000001']) {
    const source = Buffer.from(hex, 'hex');
    const four = version2(0x21, 0x11, Buffer.concat([source, IPV4.subarray(4)]));
    t.throws(() => readWhole(four), /cannot be a client's/, hex);
    const mapped = Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), source]);
    const six = version2(0x21, 0x21, Buffer.concat([mapped, IPV6.subarray(16)]));
    t.throws(() => readWhole(six), /cannot be a client's/, `::ffff:${hex}`);
    const destination = version2(0x21, 0x11, Buffer.concat([IPV4.subarray(0, 4), source, IPV4.subarray(8)]));
    t.match(readWhole(destination), { command: 'proxy' }, 'a destination is not looked at');
  }
});

t.test('LOCAL is a header without a client: its whole body is skipped, its family unseen.', async (t) => {
  const bodies = [Buffer.alloc(0), IPV4, IPV6, Buffer.of(1), Buffer.alloc(4096, 0xff)];
  for (const family of [0x00, 0x11, 0x21, 0x31, 0xff]) {
    for (const body of bodies) {
      const header = readWhole(version2(0x20, family, body));
      t.strictSame(
        header,
        { command: 'local', form: 'LOCAL' },
        `${family.toString(16)}, ${body.length} bytes`,
      );
    }
  }
});

t.test('Families and transports without a TCP address are headers without a client.', async (t) => {
  const forms: readonly (readonly [family: number, length: number, form: string])[] = [
    [0x00, 0, 'UNSPEC'],
    [0x01, 0, 'UNSPEC'],
    [0x02, 0, 'UNSPEC'],
    [0x10, 12, 'UNSPEC'],
    [0x20, 36, 'UNSPEC'],
    [0x12, 12, 'DGRAM'],
    [0x22, 36, 'DGRAM'],
    [0x30, 216, 'UNIX'],
    [0x31, 216, 'UNIX'],
    [0x32, 216, 'UNIX'],
  ];
  for (const [family, length, form] of forms) {
    for (const more of [0, 1, 40]) {
      const header = readWhole(version2(0x21, family, Buffer.alloc(length + more, 0x41)));
      t.strictSame(header, { command: 'local', form }, `${family.toString(16)} and ${more} bytes`);
    }
  }
});

t.test('Every other pair of family and transport is a violation.', async (t) => {
  for (let code = 0; code < 256; code += 1) {
    if (code >>> 4 <= 3 && (code & 0x0f) <= 2) continue;
    t.throws(
      () => readWhole(version2(0x21, code, Buffer.alloc(216, 1))),
      /unknown (?:address family|transport)/,
    );
  }
});

t.test(
  'Every 13th byte but LOCAL and PROXY of version 2 is a violation, seen before the body.',
  async (t) => {
    for (let code = 0; code < 256; code += 1) {
      if (code === 0x20 || code === 0x21) continue;
      const header = version2(code, 0x11, Buffer.alloc(0), 12);
      t.throws(() => readStream(header), /unknown (?:version|command)/, code.toString(16));
    }
  },
);

t.test('A body too short for its addresses is a violation, at every length.', async (t) => {
  const lengths = [
    [0x11, 12],
    [0x12, 12],
    [0x10, 12],
    [0x21, 36],
    [0x22, 36],
    [0x31, 216],
    [0x32, 216],
  ] as const;
  for (const [family, needed] of lengths) {
    for (let length = 0; length < needed; length += 1) {
      const header = version2(0x21, family, Buffer.alloc(length, 1));
      t.throws(() => readWhole(header), /too short/, `${family.toString(16)}, ${length} bytes`);
    }
  }
});

t.test(
  'A body of 4,096 bytes is read; a longer one is refused before a byte of it is asked for.',
  async (t) => {
    const noop = Buffer.concat([Buffer.of(4, 0x0f, 0xf1), Buffer.alloc(4096 - 12 - 3)]);
    t.match(readWhole(version2(0x21, 0x11, Buffer.concat([IPV4, noop]))), { command: 'proxy' });
    for (const command of [0x20, 0x21]) {
      for (const length of [4097, 0x7fff, 0x8000, 0xffff]) {
        const header = version2(command, 0x11, Buffer.alloc(0), length);
        t.throws(() => readStream(header), new ProtocolViolation('over-long PROXY header'), `${length}`);
      }
    }
  },
);
