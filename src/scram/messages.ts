/** SASL's names (RFC 5802, section 4; RFC 7677). */
export const SCRAM_SHA_256 = 'SCRAM-SHA-256';
export const SCRAM_SHA_256_PLUS = 'SCRAM-SHA-256-PLUS';

/** Bytes; PostgreSQL's PG_MAX_SASL_MESSAGE_LENGTH (src/include/libpq/sasl.h). */
export const MAX_MESSAGE_LENGTH = 1024;

/** Random bytes in a nonce of ours; PostgreSQL's SCRAM_RAW_NONCE_LEN. */
export const NONCE_LENGTH = 18;

/** gs2-header (RFC 5802, section 7), always without an authorization identity. */
export const GS2_NO_BINDING = 'n,,';
export const GS2_BINDING_NOT_OFFERED = 'y,,';
export const GS2_END_POINT = 'p=tls-server-end-point,,';

/** Printable ASCII except the comma (`printable` of RFC 5802, section 7). */
const NONCE = /^[\x21-\x2b\x2d-\x7e]+$/;

/** attr-val (RFC 5802, section 7) with a letter that the RFC has not given a meaning yet. */
const EXTENSION = /^(?![aceimnprsv])[A-Za-z]=./su;

/**
 * The end of an exchange that broke a rule; no statement about the password. The reason is ours and repeats
 * nothing of what the other side sent.
 */
export interface Failure<Code extends string> {
  readonly kind: 'failure';
  readonly code: Code;
  readonly reason: string;
}

export function failure<Code extends string>(code: Code, reason: string): Failure<Code> {
  return { kind: 'failure', code, reason };
}

/** A SCRAM message as text: 1 to 1,024 bytes of UTF-8 without NUL. `undefined` for anything else. */
export function decodeMessage(message: Buffer): string | undefined {
  if (message.length === 0 || message.length > MAX_MESSAGE_LENGTH || message.includes(0)) return undefined;
  const text = message.toString('utf8');
  // Broken UTF-8 decodes to U+FFFD and so does not lead back to the bytes that the signatures cover.
  return Buffer.from(text).equals(message) ? text : undefined;
}

/** The value of `<letter>=<value>`, or `undefined` where the attribute is missing or another one. */
export function attributeValue(attribute: string | undefined, letter: string): string | undefined {
  return attribute?.startsWith(`${letter}=`) ? attribute.slice(2) : undefined;
}

/** Whether these may be passed over: well-formed, and none of them with a meaning of its own. */
export function areExtensions(attributes: readonly string[]): boolean {
  return attributes.every((attribute) => EXTENSION.test(attribute));
}

export function isNonce(text: string): boolean {
  return NONCE.test(text);
}

/**
 * A nonce of ours, or our part of one, from {@link NONCE_LENGTH} fresh random bytes.
 *
 * @throws RangeError where there are fewer.
 */
export function formatNonce(random: Buffer): string {
  if (random.length < NONCE_LENGTH) throw new RangeError(`a nonce has at least ${NONCE_LENGTH} bytes`);
  return random.toString('base64');
}

/** The `c=` of client-final: the gs2-header that client-first began with, and what PLUS is bound to. */
export function bindingInput(gs2Header: string, binding: Buffer = Buffer.alloc(0)): string {
  return Buffer.concat([Buffer.from(gs2Header), binding]).toString('base64');
}
