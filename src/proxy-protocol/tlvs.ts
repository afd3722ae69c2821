import { ProtocolViolation } from '../wire/violation.ts';
import { crc32c } from './crc32c.ts';
import {
  AWS_VPC_ENDPOINT,
  CRC32C_LENGTH,
  MAX_AUTHORITY_LENGTH,
  MAX_UNIQUE_ID_LENGTH,
  TLV_HEADER_LENGTH,
  TLV_TYPE,
  VPC_ENDPOINT_ID,
} from './format.ts';
import type { ProxiedDetails } from './header.ts';

interface Tlv {
  readonly type: number;
  readonly value: Buffer;
  /** Where the value begins in the header. */
  readonly at: number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const READ: ReadonlySet<number> = new Set(Object.values(TLV_TYPE));

/**
 * Reads the TLVs behind the addresses (2.2) and verifies the checksum where there is one (2.2.3). Values are
 * copies: the header's memory may be used again.
 * @param header the whole header, from its signature on. @param start where the first TLV begins.
 * @throws ProtocolViolation on a malformed, over-long or repeated TLV, or a wrong checksum.
 */
export function readTlvs(header: Buffer, start: number): ProxiedDetails {
  const found = new Map<number, Tlv>();
  for (const tlv of tlvsFrom(header, start)) {
    if (!isRead(tlv)) continue;
    // Of two answers one program takes the first, another the last.
    if (found.has(tlv.type)) throw new ProtocolViolation('PROXY header with a repeated TLV');
    found.set(tlv.type, tlv);
  }
  verifyChecksum(header, found.get(TLV_TYPE.crc32c));
  return {
    authority: authorityOf(found.get(TLV_TYPE.authority)),
    uniqueId: uniqueIdOf(found.get(TLV_TYPE.uniqueId)),
    vpcEndpoint: vpcEndpointOf(found.get(TLV_TYPE.aws)),
  };
}

function* tlvsFrom(header: Buffer, start: number): Iterable<Tlv> {
  for (let next = start; next < header.length; ) {
    const at = next + TLV_HEADER_LENGTH;
    next = at <= header.length ? at + header.readUInt16BE(at - 2) : at;
    if (next > header.length) throw new ProtocolViolation('PROXY header with a TLV that overruns it');
    yield { type: header.readUInt8(at - TLV_HEADER_LENGTH), value: header.subarray(at, next), at };
  }
}

function isRead({ type, value }: Tlv): boolean {
  if (type !== TLV_TYPE.aws) return READ.has(type);
  if (value.length === 0) throw new ProtocolViolation('PROXY header with an empty AWS TLV');
  return value.readUInt8(0) === AWS_VPC_ENDPOINT;
}

/** Computed over the whole header with zeros in place of the checksum. */
function verifyChecksum(header: Buffer, tlv: Tlv | undefined): void {
  if (tlv === undefined) return;
  const { value, at } = tlv;
  if (value.length !== CRC32C_LENGTH) throw new ProtocolViolation('PROXY header with a malformed checksum');
  const zeroed = Buffer.from(header).fill(0, at, at + CRC32C_LENGTH);
  if (crc32c(zeroed) !== value.readUInt32BE(0)) {
    throw new ProtocolViolation('PROXY header with a wrong checksum');
  }
}

function authorityOf(tlv: Tlv | undefined): string | undefined {
  if (tlv === undefined) return undefined;
  if (tlv.value.length > MAX_AUTHORITY_LENGTH)
    throw new ProtocolViolation('PROXY header with an over-long authority');
  try {
    return utf8.decode(tlv.value);
  } catch {
    // CVE-2024-23324: text that was not UTF-8 led a proxy around its check.
    throw new ProtocolViolation('PROXY header with an authority that is not valid UTF-8');
  }
}

function uniqueIdOf(tlv: Tlv | undefined): Buffer | undefined {
  if (tlv === undefined) return undefined;
  if (tlv.value.length > MAX_UNIQUE_ID_LENGTH)
    throw new ProtocolViolation('PROXY header with an over-long unique id');
  return Buffer.from(tlv.value);
}

function vpcEndpointOf(tlv: Tlv | undefined): string | undefined {
  if (tlv === undefined) return undefined;
  const id = tlv.value.toString('latin1', 1);
  if (!VPC_ENDPOINT_ID.test(id)) throw new ProtocolViolation('PROXY header with a malformed VPC endpoint id');
  return id;
}
