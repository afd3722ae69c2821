import { deepEqual, equal, ok } from 'node:assert/strict';
import {
  authenticationOk,
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
  backendKeyData,
} from '../../../src/wire/backend-messages.ts';
import { parseFrameHeader } from '../../../src/wire/frame.ts';
import { FRAME_HEADER_LENGTH, MAX_SASL_FRAME_LENGTH } from '../../../src/wire/limits.ts';
import {
  type AuthenticationRequest,
  parseAuthentication,
  parseBackendKeyData,
  parseNegotiateVersion,
  parseSaslInitialResponse,
  parseSaslResponse,
} from '../../../src/wire/login-messages.ts';
import { message, saslInitialResponse } from '../../support/frontend-messages.ts';
import type { Target } from '../target.ts';
import { unlessViolation } from './violations.ts';

/** Ok, cleartext, md5 and the three of SASL (PostgreSQL manual, 54.7 Authentication…). */
const KNOWN_CODES = [0, 3, 5, 10, 11, 12];

/** One frame of a login, of either side; its type is the input's first byte, the body is what follows its length. */
export const login: Target = {
  maxLength: 2000,
  floorMs: 50,
  run(input) {
    if (input.length < FRAME_HEADER_LENGTH) return;
    checkHeader(input);
    const body = input.subarray(FRAME_HEADER_LENGTH);
    checkAuthentication(body);
    checkKeyData(body);
    checkNegotiation(body);
    checkResponses({ type: input.readUInt8(0), body });
  },
};

function checkHeader(input: Buffer): void {
  const header = unlessViolation(() => parseFrameHeader(input, MAX_SASL_FRAME_LENGTH));
  const length = BigInt.asIntN(32, BigInt(`0x${input.toString('hex', 1, FRAME_HEADER_LENGTH)}`));
  const allowed = length >= 4n && length <= BigInt(MAX_SASL_FRAME_LENGTH);
  deepEqual(header, allowed ? { type: input.readUInt8(0), bodyLength: Number(length) - 4 } : undefined);
}

/** What was understood, written out again, is what came. */
function checkAuthentication(body: Buffer): void {
  const request = unlessViolation(() => parseAuthentication(body));
  if (request === undefined) return;
  if (request.kind === 'unsupported')
    ok(!KNOWN_CODES.includes(request.code) && request.code === body.readInt32BE(0));
  else same(written(request), body);
}

function written(request: Exclude<AuthenticationRequest, { kind: 'unsupported' }>): Buffer {
  switch (request.kind) {
    case 'ok':
      return authenticationOk();
    case 'cleartext':
      return message('R', Buffer.of(0, 0, 0, 3));
    case 'md5':
      return message('R', Buffer.of(0, 0, 0, 5), request.salt);
    case 'sasl':
      ok(request.mechanisms.every((name) => name !== '' && !name.includes('\0')));
      return authenticationSasl(request.mechanisms);
    case 'sasl-continue':
      return authenticationSaslContinue(request.data);
    case 'sasl-final':
      return authenticationSaslFinal(request.data);
  }
}

function checkKeyData(body: Buffer): void {
  const read = unlessViolation(() => parseBackendKeyData(body));
  equal(read !== undefined, body.length >= 8 && body.length <= 260);
  if (read !== undefined) same(backendKeyData(read.pid, read.key), body);
}

function checkNegotiation(body: Buffer): void {
  const read = unlessViolation(() => parseNegotiateVersion(body));
  if (read === undefined) return;
  const names = body.subarray(8);
  equal(read.version.major, 3);
  equal(read.unknownOptions.length, body.readInt32BE(4));
  equal(read.unknownOptions.length, names.filter((byte) => byte === 0).length);
}

function checkResponses(frame: { type: number; body: Buffer }): void {
  const isPassword = frame.type === 'p'.charCodeAt(0);
  const initial = unlessViolation(() => parseSaslInitialResponse(frame));
  if (initial !== undefined) {
    ok(isPassword);
    same(saslInitialResponse(initial.mechanism, initial.data), frame.body);
  }
  equal(unlessViolation(() => parseSaslResponse(frame)) !== undefined, isPassword);
}

/** Text that was no UTF-8 does not come back byte for byte, but nothing else may differ. */
function same(frame: Buffer, body: Buffer): void {
  const read = body.toString('utf8');
  if (Buffer.from(read).equals(body)) deepEqual(frame.subarray(FRAME_HEADER_LENGTH), body);
}
