import { deepStrictEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { canBeClient } from '../../src/proxy-protocol/client-address.ts';
import type { ProxiedHeader, TransportAddress } from '../../src/proxy-protocol/header.ts';
import {
  serializeProxyV1,
  serializeProxyV2,
  serializeProxyV2Local,
} from '../../src/proxy-protocol/serializer.ts';
import { aFamily, anAddress } from '../allowlist/numbers.ts';
import { IPV4, IPV6, line, proxied, readWhole, tlv, version2, withTlvs } from './headers.ts';

const FOUR = proxied(['203.0.113.7', 56324], ['192.0.2.1', 5432]);
const SIX = proxied(['2001:db8::7', 56324], ['2001:db8::1', 5432]);
const MIXED = proxied(['203.0.113.7', 56324], ['2001:db8::1', 5432]);

/** Plain objects, as the reader makes them. */
const plain = { noNullPrototype: true };

const aTransportAddress: fc.Arbitrary<TransportAddress> = fc.record(
  { address: aFamily.chain(anAddress), port: fc.nat({ max: 65_535 }) },
  plain,
);

const aClient = aTransportAddress.filter(({ address }) => canBeClient(address));

const aHeader: fc.Arbitrary<ProxiedHeader> = fc.record(
  {
    command: fc.constant('proxy'),
    source: aClient,
    destination: aTransportAddress,
    authority: fc.option(fc.string({ unit: 'grapheme', maxLength: 20 }), { nil: undefined }).filter(fits),
    uniqueId: fc.option(
      fc.uint8Array({ maxLength: 128 }).map((bytes) => Buffer.from(bytes)),
      { nil: undefined },
    ),
    vpcEndpoint: fc.option(fc.stringMatching(/^[A-Za-z0-9-]{1,64}$/), { nil: undefined }),
  },
  plain,
);

function fits(text: string | undefined): boolean {
  return Buffer.byteLength(text ?? '') <= 255;
}

t.test("Version 2 is the specification's bytes.", async (t) => {
  t.strictSame(serializeProxyV2(FOUR), version2(0x21, 0x11, IPV4));
  t.strictSame(serializeProxyV2(SIX), version2(0x21, 0x21, IPV6));
  t.strictSame(serializeProxyV2Local(), version2(0x20, 0x00, Buffer.alloc(0)));
});

t.test("Version 1 is the specification's line.", async (t) => {
  const write = ({ source, destination }: ProxiedHeader): string =>
    serializeProxyV1(source, destination).toString('latin1');
  t.equal(write(FOUR), 'PROXY TCP4 203.0.113.7 192.0.2.1 56324 5432\r\n');
  t.equal(write(SIX), 'PROXY TCP6 2001:db8::7 2001:db8::1 56324 5432\r\n');
});

t.test('Addresses of two families are both written as IPv6.', async (t) => {
  const mapped = Buffer.from('00000000000000000000ffffcb007107', 'hex');
  t.strictSame(serializeProxyV2(MIXED), version2(0x21, 0x21, Buffer.concat([mapped, IPV6.subarray(16)])));
  const { source, destination } = MIXED;
  const text = 'PROXY TCP6 ::ffff:203.0.113.7 2001:db8::1 56324 5432';
  t.strictSame(serializeProxyV1(source, destination), line(text));
  t.strictSame(readWhole(serializeProxyV1(destination, source)), {
    ...MIXED,
    source: destination,
    destination: source,
  });
});

t.test('What is known beside the addresses follows as TLVs.', async (t) => {
  const details = { authority: 'bärbel.example', uniqueId: Buffer.of(0, 255), vpcEndpoint: 'vpce-0' };
  const header = serializeProxyV2({ ...FOUR, ...details });
  const tlvs = [tlv(2, 'bärbel.example'), tlv(5, Buffer.of(0, 255)), tlv(0xea, '\x01vpce-0')];
  t.strictSame(header, withTlvs(...tlvs));
});

t.test('Every header comes back from version 2.', async (t) => {
  const property = fc.property(aHeader, (header) => {
    deepStrictEqual(readWhole(serializeProxyV2(header)), header);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }));
});

t.test('Both addresses come back from version 1, in at most 104 bytes.', async (t) => {
  const property = fc.property(aClient, aTransportAddress, (source, destination) => {
    const bytes = serializeProxyV1(source, destination);
    deepStrictEqual(readWhole(bytes), { ...FOUR, source, destination });
    ok(bytes.length <= 104);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }));
});

t.test('What no header can hold is not written.', async (t) => {
  const { source, destination } = FOUR;
  for (const port of [-1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const wrong = { ...source, port };
    t.throws(() => serializeProxyV1(wrong, destination), RangeError, `${port}`);
    t.throws(() => serializeProxyV1(source, wrong), RangeError, `${port}`);
    t.throws(() => serializeProxyV2({ ...FOUR, source: wrong }), RangeError, `${port}`);
    t.throws(() => serializeProxyV2({ ...FOUR, destination: wrong }), RangeError, `${port}`);
  }
  const details: readonly Partial<ProxiedHeader>[] = [
    { authority: 'a'.repeat(256) },
    { authority: 'ä'.repeat(128) },
    { uniqueId: Buffer.alloc(129) },
    { uniqueId: Buffer.alloc(70_000) },
    { vpcEndpoint: '' },
    { vpcEndpoint: 'vpce-0\n' },
    { vpcEndpoint: 'v'.repeat(65) },
  ];
  for (const wrong of details) t.throws(() => serializeProxyV2({ ...FOUR, ...wrong }), RangeError);
});
