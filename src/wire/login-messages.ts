import { AUTHENTICATION, BACKEND, FRONTEND, type Frame } from './frame.ts';
import { MAX_CANCEL_KEY_LENGTH, MIN_CANCEL_KEY_LENGTH } from './limits.ts';
import { decodeVersion, type ProtocolVersion } from './protocol-version.ts';
import { readCString } from './text.ts';
import { ProtocolViolation } from './violation.ts';

/** What an upstream asks of us while we log in (manual, 54.7 Authentication…). */
export type AuthenticationRequest =
  | { readonly kind: 'ok' }
  | { readonly kind: 'cleartext' }
  | { readonly kind: 'md5'; readonly salt: Buffer }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'sasl-continue'; readonly data: Buffer }
  | { readonly kind: 'sasl-final'; readonly data: Buffer }
  | { readonly kind: 'unsupported'; readonly code: number };

/** @throws ProtocolViolation where the body does not fit its code. */
export function parseAuthentication(body: Buffer): AuthenticationRequest {
  if (body.length < 4) throw new ProtocolViolation('an authentication request without its code');
  const code = body.readInt32BE(0);
  const data = body.subarray(4);
  switch (code) {
    case AUTHENTICATION.ok:
      requireNothingMore(data);
      return { kind: 'ok' };
    case AUTHENTICATION.cleartextPassword:
      requireNothingMore(data);
      return { kind: 'cleartext' };
    case AUTHENTICATION.md5Password:
      if (data.length !== 4) throw new ProtocolViolation('an md5 salt that is not 4 bytes');
      return { kind: 'md5', salt: data };
    case AUTHENTICATION.sasl:
      return { kind: 'sasl', mechanisms: parseMechanisms(data) };
    case AUTHENTICATION.saslContinue:
      return { kind: 'sasl-continue', data };
    case AUTHENTICATION.saslFinal:
      return { kind: 'sasl-final', data };
    default:
      return { kind: 'unsupported', code };
  }
}

function requireNothingMore(data: Buffer): void {
  if (data.length > 0) throw new ProtocolViolation('bytes behind an authentication request');
}

function parseMechanisms(data: Buffer): string[] {
  const mechanisms: string[] = [];
  let at = 0;
  while (at < data.length && data.readUInt8(at) !== 0) {
    const { text, next } = readCString(data, at);
    mechanisms.push(text);
    at = next;
  }
  if (at !== data.length - 1) throw new ProtocolViolation('a mechanism list without its terminator');
  return mechanisms;
}

/** @throws ProtocolViolation where the key has not 4 to 256 bytes. */
export function parseBackendKeyData(body: Buffer): { pid: number; key: Buffer } {
  const keyLength = body.length - 4;
  if (keyLength < MIN_CANCEL_KEY_LENGTH || keyLength > MAX_CANCEL_KEY_LENGTH) {
    throw new ProtocolViolation('invalid length of cancel key');
  }
  // Memory of its own: of Node's pool it would hold 64 kB for as long as the session lasts.
  const key = Buffer.alloc(keyLength);
  body.copy(key, 0, 4);
  return { pid: body.readInt32BE(0), key };
}

/**
 * @returns what the upstream speaks; that it is no newer than what was asked for is the caller's to check.
 * @throws ProtocolViolation on anything but a version 3.x and a list of names.
 */
export function parseNegotiateVersion(body: Buffer): { version: ProtocolVersion; unknownOptions: string[] } {
  if (body.length < 8) throw new ProtocolViolation('a version negotiation without a version');
  const version = decodeVersion(body.readUInt32BE(0));
  if (version.major !== 3) throw new ProtocolViolation('a version negotiation away from protocol 3');
  const count = body.readInt32BE(4);
  const unknownOptions: string[] = [];
  let at = 8;
  while (at < body.length) {
    const { text, next } = readCString(body, at);
    unknownOptions.push(text);
    at = next;
  }
  if (unknownOptions.length !== count)
    throw new ProtocolViolation('a version negotiation with a wrong count');
  return { version, unknownOptions };
}

/**
 * A client's first answer to AuthenticationSASL.
 * @returns the mechanism chosen, and the client-first message (`undefined`: none was sent).
 * @throws ProtocolViolation on another message or a malformed one.
 */
export function parseSaslInitialResponse(frame: Frame): { mechanism: string; data: Buffer | undefined } {
  requireSaslResponse(frame);
  const { text, next } = readCString(frame.body, 0);
  if (frame.body.length < next + 4) throw new ProtocolViolation('a SASL response without its length');
  const length = frame.body.readInt32BE(next);
  const data = frame.body.subarray(next + 4);
  if (length === -1 && data.length === 0) return { mechanism: text, data: undefined };
  if (length !== data.length) throw new ProtocolViolation('a SASL response of another length than declared');
  return { mechanism: text, data };
}

/** @throws ProtocolViolation on any other message than a SASLResponse. */
export function parseSaslResponse(frame: Frame): Buffer {
  requireSaslResponse(frame);
  return frame.body;
}

function requireSaslResponse(frame: Frame): void {
  if (frame.type !== FRONTEND.password) throw new ProtocolViolation('expected SASL response');
}

/** @throws ProtocolViolation unless the frame is of this backend type. */
export function expectBackend(frame: Frame, type: keyof typeof BACKEND): void {
  if (frame.type !== BACKEND[type]) throw new ProtocolViolation('a message out of order');
}
