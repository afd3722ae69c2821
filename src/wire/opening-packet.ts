import { MAX_CANCEL_KEY_LENGTH, MAX_OPENING_LENGTH, MIN_CANCEL_KEY_LENGTH } from './limits.ts';
import { decodeVersion, type ProtocolVersion, REQUEST_CODE } from './protocol-version.ts';
import { parseStartupParameters, type StartupParameters } from './startup-packet.ts';
import { ProtocolViolation } from './violation.ts';

/** The untyped packets a connection opens with (PostgreSQL manual, 54.2.1, 54.2.11, 54.2.12). */
export type OpeningPacket =
  | { readonly kind: 'ssl-request' }
  | { readonly kind: 'gssenc-request' }
  | { readonly kind: 'cancel-request'; readonly pid: number; readonly key: Buffer }
  | { readonly kind: 'startup'; readonly version: ProtocolVersion; readonly parameters: StartupParameters };

/** Length (4 bytes, counts itself) and version or request code (4 bytes). */
export const OPENING_HEADER_LENGTH = 8;

/**
 * @param header the packet's first 8 bytes, or more.
 * @returns the whole packet's length in bytes, 8 to MAX_OPENING_LENGTH.
 * @throws ProtocolViolation on any other.
 */
export function openingLength(header: Buffer): number {
  if (header.length < OPENING_HEADER_LENGTH) throw new ProtocolViolation('incomplete startup packet');
  const length = header.readUInt32BE(0);
  if (length < OPENING_HEADER_LENGTH || length > MAX_OPENING_LENGTH) {
    throw new ProtocolViolation('invalid length of startup packet');
  }
  return length;
}

/**
 * @param packet one whole packet, as long as openingLength said.
 * @throws ProtocolViolation on another length, an unknown version or a malformed body.
 */
export function parseOpening(packet: Buffer): OpeningPacket {
  if (openingLength(packet) !== packet.length) throw new ProtocolViolation('incomplete startup packet');
  const code = packet.readUInt32BE(4);
  const body = packet.subarray(OPENING_HEADER_LENGTH);
  switch (code) {
    case REQUEST_CODE.ssl:
      requireEmpty(body, 'SSLRequest');
      return { kind: 'ssl-request' };
    case REQUEST_CODE.gssEncryption:
      requireEmpty(body, 'GSSENCRequest');
      return { kind: 'gssenc-request' };
    case REQUEST_CODE.cancel:
      return parseCancel(body);
    default: {
      const version = decodeVersion(code);
      if (version.major !== 3) throw new ProtocolViolation('unsupported frontend protocol');
      return { kind: 'startup', version, parameters: parseStartupParameters(body) };
    }
  }
}

function requireEmpty(body: Buffer, name: string): void {
  if (body.length > 0) throw new ProtocolViolation(`invalid length of ${name}`);
}

function parseCancel(body: Buffer): OpeningPacket {
  const keyLength = body.length - 4;
  if (keyLength < MIN_CANCEL_KEY_LENGTH || keyLength > MAX_CANCEL_KEY_LENGTH) {
    throw new ProtocolViolation('invalid length of cancel request');
  }
  // Signed, as in BackendKeyData: poolers draw their pids from all 32 bits, and the two must compare equal.
  return { kind: 'cancel-request', pid: body.readInt32BE(0), key: Buffer.from(body.subarray(4)) };
}

/** What we ask an upstream for before anything else. */
export function serializeSslRequest(): Buffer {
  const packet = Buffer.alloc(8);
  packet.writeUInt32BE(8, 0);
  packet.writeUInt32BE(REQUEST_CODE.ssl, 4);
  return packet;
}

/** @param pid and @param key (4 to 256 bytes) as the upstream gave them in its BackendKeyData. */
export function serializeCancel(pid: number, key: Buffer): Buffer {
  const packet = Buffer.alloc(12 + key.length);
  packet.writeUInt32BE(packet.length, 0);
  packet.writeUInt32BE(REQUEST_CODE.cancel, 4);
  packet.writeInt32BE(pid | 0, 8);
  key.copy(packet, 12);
  return packet;
}
