import { FRAME_HEADER_LENGTH, MIN_FRAME_LENGTH } from './limits.ts';
import { ProtocolViolation } from './violation.ts';

/** A typed message: its type byte and its body, without type and length. */
export interface Frame {
  readonly type: number;
  readonly body: Buffer;
}

/** Message types by the letter the PostgreSQL manual gives them (54.7). */
export const FRONTEND = {
  bind: 0x42,
  close: 0x43,
  copyData: 0x64,
  copyDone: 0x63,
  copyFail: 0x66,
  describe: 0x44,
  execute: 0x45,
  functionCall: 0x46,
  parse: 0x50,
  /** PasswordMessage, SASLInitialResponse and SASLResponse share it. */
  password: 0x70,
  query: 0x51,
  sync: 0x53,
  terminate: 0x58,
} as const;

export const BACKEND = {
  authentication: 0x52,
  backendKeyData: 0x4b,
  bindComplete: 0x32,
  closeComplete: 0x33,
  commandComplete: 0x43,
  copyBothResponse: 0x57,
  copyInResponse: 0x47,
  dataRow: 0x44,
  emptyQueryResponse: 0x49,
  errorResponse: 0x45,
  negotiateProtocolVersion: 0x76,
  noData: 0x6e,
  noticeResponse: 0x4e,
  notificationResponse: 0x41,
  parameterStatus: 0x53,
  parseComplete: 0x31,
  portalSuspended: 0x73,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
} as const;

/** What an Authentication message asks for or says, by its Int32 code (manual, 54.7 Authentication…). */
export const AUTHENTICATION = {
  ok: 0,
  cleartextPassword: 3,
  md5Password: 5,
  sasl: 10,
  saslContinue: 11,
  saslFinal: 12,
} as const;

/**
 * Reads a frame's header.
 * @param limit the largest declared length that will be collected, in bytes.
 * @returns the type, and how many bytes of body follow.
 * @throws ProtocolViolation where the length is under 4, negative, or over the limit.
 */
export function parseFrameHeader(header: Buffer, limit: number): { type: number; bodyLength: number } {
  const type = header.readUInt8(0);
  const length = header.readInt32BE(1);
  if (length < MIN_FRAME_LENGTH || length > limit) throw new ProtocolViolation('invalid message length');
  return { type, bodyLength: length - MIN_FRAME_LENGTH };
}

/** One message as it stands on the wire. */
export function serializeFrame(type: number, ...parts: readonly Buffer[]): Buffer {
  let length = FRAME_HEADER_LENGTH;
  for (const part of parts) length += part.length;
  const frame = Buffer.allocUnsafe(length);
  frame.writeUInt8(type, 0);
  frame.writeInt32BE(length - 1, 1);
  let at = FRAME_HEADER_LENGTH;
  for (const part of parts) at += part.copy(frame, at);
  return frame;
}
