import { type Address, parseAddress } from '../../src/allowlist/address.ts';
import { crc32c } from '../../src/proxy-protocol/crc32c.ts';
import type { ProxiedHeader, ProxyHeader } from '../../src/proxy-protocol/header.ts';
import { readProxyHeader } from '../../src/proxy-protocol/reader.ts';

/** Headers as their bytes stand in HAProxy's proxy-protocol.txt, put together apart from src. */

/** The header that a stream begins with, and how many of its bytes were asked for. */
export interface Reading {
  /** undefined: the stream ended before its header. */
  readonly header: ProxyHeader | undefined;
  readonly taken: number;
  /** The most bytes that were asked for at once. */
  readonly largestStep: number;
}

/** Reads from a stream that has all its bytes at once. @throws ProtocolViolation as the reader does. */
export function readStream(stream: Buffer): Reading {
  const reader = readProxyHeader();
  let taken = 0;
  let largestStep = 0;
  let step = reader.next();
  while (!step.done) {
    const length = step.value;
    largestStep = Math.max(largestStep, length);
    if (length < 1) throw new Error('a step of no bytes');
    if (taken + length > stream.length) return { header: undefined, taken, largestStep };
    step = reader.next(stream.subarray(taken, taken + length));
    taken += length;
  }
  return { header: step.value, taken, largestStep };
}

/** The header that these bytes are, no more and no less. */
export function readWhole(bytes: Buffer): ProxyHeader {
  const { header, taken } = readStream(bytes);
  if (header === undefined || taken !== bytes.length)
    throw new Error(`took ${taken} of ${bytes.length} bytes`);
  return header;
}

export function line(text: string): Buffer {
  return Buffer.from(`${text}\r\n`, 'latin1');
}

export const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** @param versionAndCommand the 13th byte. @param family the 14th. @param length what the 15th and 16th say. */
export function version2(
  versionAndCommand: number,
  family: number,
  body: Buffer,
  length = body.length,
): Buffer {
  const rest = Buffer.of(versionAndCommand, family, length >>> 8, length & 0xff);
  return Buffer.concat([SIGNATURE, rest, body]);
}

/** 203.0.113.7:56324 to 192.0.2.1:5432. */
export const IPV4 = Buffer.from('cb007107c0000201dc041538', 'hex');

/** [2001:db8::7]:56324 to [2001:db8::1]:5432. */
export const IPV6 = Buffer.from(
  '20010db800000000000000000000000720010db8000000000000000000000001dc041538',
  'hex',
);

export function tlv(type: number, value: Buffer | string, length = Buffer.byteLength(value)): Buffer {
  return Buffer.concat([Buffer.of(type, length >>> 8, length & 0xff), Buffer.from(value)]);
}

/** A forwarded IPv4 connection with these TLVs. */
export function withTlvs(...tlvs: readonly Buffer[]): Buffer {
  return version2(0x21, 0x11, Buffer.concat([IPV4, ...tlvs]));
}

/** The same with the first TLV a checksum over everything. */
export function withChecksum(...tlvs: readonly Buffer[]): Buffer {
  const header = withTlvs(tlv(0x03, Buffer.alloc(4)), ...tlvs);
  header.writeUInt32BE(crc32c(header), SIGNATURE.length + 4 + IPV4.length + 3);
  return header;
}

export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is not an address`);
  return address;
}

/** @param source and @param destination as [address, port]. */
export function proxied(
  source: readonly [string, number],
  destination: readonly [string, number],
  details: Partial<ProxiedHeader> = {},
): ProxiedHeader {
  return {
    command: 'proxy',
    source: { address: addressOf(source[0]), port: source[1] },
    destination: { address: addressOf(destination[0]), port: destination[1] },
    authority: undefined,
    uniqueId: undefined,
    vpcEndpoint: undefined,
    ...details,
  };
}
