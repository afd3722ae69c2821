import { type Address, formatAddress } from '../allowlist/address.ts';
import { addressBytes } from './address-bytes.ts';
import {
  AWS_VPC_ENDPOINT,
  MAX_AUTHORITY_LENGTH,
  MAX_PORT,
  MAX_UNIQUE_ID_LENGTH,
  PORT_LENGTH,
  TLV_HEADER_LENGTH,
  TLV_TYPE,
  V1_LINE_END,
  V1_PREFIX,
  V2_COMMAND,
  V2_SIGNATURE,
  V2_TCP,
  V2_VERSION,
  VPC_ENDPOINT_ID,
} from './format.ts';
import type { ProxiedHeader, TransportAddress } from './header.ts';

/**
 * A header of version 2 (2.2), to be sent before anything else. Where the two addresses are of different
 * families, both are written as IPv6, the IPv4 one mapped, as HAProxy does.
 * @throws RangeError on a port, authority, unique id or VPC endpoint that no header can hold.
 */
export function serializeProxyV2(header: ProxiedHeader): Buffer {
  const { source, destination } = header;
  const family = commonFamily(source, destination);
  const body = Buffer.concat([
    addressBytes(source.address, family),
    addressBytes(destination.address, family),
    portBytes(source.port),
    portBytes(destination.port),
    ...tlvsOf(header),
  ]);
  return Buffer.concat([fixedPart(V2_COMMAND.proxy, V2_TCP[family], body.length), body]);
}

/** The header of a connection that serves no client, such as a health check (2.2, LOCAL). */
export function serializeProxyV2Local(): Buffer {
  return fixedPart(V2_COMMAND.local, 0, 0);
}

/**
 * A header of version 1 (2.1), for those who cannot read version 2.
 * @throws RangeError on a port that is none.
 */
export function serializeProxyV1(source: TransportAddress, destination: TransportAddress): Buffer {
  const family = commonFamily(source, destination);
  const fields = [
    `TCP${family}`,
    addressText(source.address, family),
    addressText(destination.address, family),
    checkedPort(source.port),
    checkedPort(destination.port),
  ];
  return Buffer.from(`${V1_PREFIX}${fields.join(' ')}${V1_LINE_END}`, 'latin1');
}

function commonFamily(source: TransportAddress, destination: TransportAddress): 4 | 6 {
  return source.address.family === 4 && destination.address.family === 4 ? 4 : 6;
}

function fixedPart(command: number, familyAndTransport: number, length: number): Buffer {
  const rest = Buffer.of((V2_VERSION << 4) | command, familyAndTransport, length >>> 8, length & 0xff);
  return Buffer.concat([V2_SIGNATURE, rest]);
}

function tlvsOf({ authority, uniqueId, vpcEndpoint }: ProxiedHeader): Buffer[] {
  const tlvs: Buffer[] = [];
  if (authority !== undefined) {
    tlvs.push(tlv(TLV_TYPE.authority, Buffer.from(authority, 'utf8'), MAX_AUTHORITY_LENGTH));
  }
  if (uniqueId !== undefined) tlvs.push(tlv(TLV_TYPE.uniqueId, uniqueId, MAX_UNIQUE_ID_LENGTH));
  if (vpcEndpoint !== undefined) {
    if (!VPC_ENDPOINT_ID.test(vpcEndpoint)) throw new RangeError('not the id of a VPC endpoint');
    const value = Buffer.concat([Buffer.of(AWS_VPC_ENDPOINT), Buffer.from(vpcEndpoint, 'latin1')]);
    tlvs.push(tlv(TLV_TYPE.aws, value, value.length));
  }
  return tlvs;
}

/** Bytes that a length does not count would begin the stream behind the header (Envoy CVE-2026-47692). */
function tlv(type: number, value: Buffer, limit: number): Buffer {
  if (value.length > limit) throw new RangeError(`a TLV's value of over ${limit} bytes`);
  const header = Buffer.alloc(TLV_HEADER_LENGTH);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(value.length, 1);
  return Buffer.concat([header, value]);
}

function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(PORT_LENGTH);
  bytes.writeUInt16BE(checkedPort(port));
  return bytes;
}

function checkedPort(port: number): number {
  if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) throw new RangeError('a port is 0 to 65535');
  return port;
}

function addressText(address: Address, family: 4 | 6): string {
  const text = formatAddress(address);
  return address.family === family ? text : `::ffff:${text}`;
}
