import { ProtocolViolation } from '../wire/violation.ts';
import { addressAt } from './address-bytes.ts';
import { canBeClient } from './client-address.ts';
import {
  ADDRESS_LENGTH,
  MAX_V2_BODY_LENGTH,
  PORT_LENGTH,
  V2_COMMAND,
  V2_FIXED_LENGTH,
  V2_OFFSET,
  V2_VERSION,
} from './format.ts';
import type { LocalHeader, ProxiedHeader, ProxyHeader } from './header.ts';
import { readTlvs } from './tlvs.ts';

/** 2.2, by their numbers, with the bytes of two addresses and two ports; a path has 108. */
const FAMILIES = [
  { name: 'UNSPEC', addressesLength: 0 },
  { name: 'INET', addressesLength: 2 * (ADDRESS_LENGTH[4] + PORT_LENGTH) },
  { name: 'INET6', addressesLength: 2 * (ADDRESS_LENGTH[6] + PORT_LENGTH) },
  { name: 'UNIX', addressesLength: 2 * 108 },
] as const;

/** 2.2, by their numbers. */
const TRANSPORTS = ['UNSPEC', 'STREAM', 'DGRAM'] as const;

/**
 * @param fixed a header's first 16 bytes, whose signature was checked.
 * @returns how many bytes follow them, 0 to MAX_V2_BODY_LENGTH.
 * @throws ProtocolViolation on more, another version or an unknown command: before anything is kept for them.
 */
export function bodyLength(fixed: Buffer): number {
  if (fixed.readUInt8(V2_OFFSET.versionAndCommand) >>> 4 !== V2_VERSION) {
    throw new ProtocolViolation('PROXY header of an unknown version');
  }
  if (commandOf(fixed) > V2_COMMAND.proxy)
    throw new ProtocolViolation('PROXY header with an unknown command');
  const length = fixed.readUInt16BE(V2_OFFSET.length);
  if (length > MAX_V2_BODY_LENGTH) throw new ProtocolViolation('over-long PROXY header');
  return length;
}

/**
 * Reads a header of version 2 (2.2).
 * @param header 16 bytes that bodyLength has checked, and as many more as it said.
 * @throws ProtocolViolation where it is malformed, and on a source that cannot be a client's.
 */
export function parseVersion2(header: Buffer): ProxyHeader {
  // Everything else in it must be discarded, the family unseen.
  if (commandOf(header) === V2_COMMAND.local) return { command: 'local', form: 'LOCAL' };
  const code = header.readUInt8(V2_OFFSET.familyAndTransport);
  const family = FAMILIES[code >>> 4];
  const transport = TRANSPORTS[code & 0x0f];
  if (family === undefined) throw new ProtocolViolation('PROXY header of an unknown address family');
  if (transport === undefined) throw new ProtocolViolation('PROXY header of an unknown transport');
  if (header.length < V2_FIXED_LENGTH + family.addressesLength) {
    throw new ProtocolViolation('PROXY header too short for its addresses');
  }
  const form = withoutTcpAddress(family.name, transport);
  if (form !== undefined) return { command: 'local', form };
  return parseAddresses(header, family.name === 'INET' ? 4 : 6);
}

function commandOf(header: Buffer): number {
  return header.readUInt8(V2_OFFSET.versionAndCommand) & 0x0f;
}

/** Valid combinations that have no TCP client's address fall back to UNSPEC, as 2.2 allows. */
function withoutTcpAddress(
  family: (typeof FAMILIES)[number]['name'],
  transport: (typeof TRANSPORTS)[number],
): LocalHeader['form'] | undefined {
  if (family === 'UNSPEC' || family === 'UNIX') return family;
  return transport === 'STREAM' ? undefined : transport;
}

/** Source and destination address, source and destination port, TLVs. */
function parseAddresses(header: Buffer, family: 4 | 6): ProxiedHeader {
  const size = ADDRESS_LENGTH[family];
  const ports = V2_FIXED_LENGTH + 2 * size;
  const source = addressAt(header, V2_FIXED_LENGTH, family);
  if (!canBeClient(source)) throw new ProtocolViolation("PROXY header whose source cannot be a client's");
  return {
    command: 'proxy',
    source: { address: source, port: header.readUInt16BE(ports) },
    destination: {
      address: addressAt(header, V2_FIXED_LENGTH + size, family),
      port: header.readUInt16BE(ports + PORT_LENGTH),
    },
    ...readTlvs(header, ports + 2 * PORT_LENGTH),
  };
}
