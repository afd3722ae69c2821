import { FRONTEND, serializeFrame } from '../../src/wire/frame.ts';
import { encodeVersion, REQUEST_CODE } from '../../src/wire/protocol-version.ts';

/** Messages of a client (PostgreSQL manual, 54.7), well-formed or not: each part may be any bytes. */

/** Whatever it says, as it stands on the wire: a length, a code and a body. */
export function openingPacket(
  code: number,
  body: Buffer = Buffer.alloc(0),
  length = 8 + body.length,
): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(length >>> 0, 0);
  head.writeUInt32BE(code >>> 0, 4);
  return Buffer.concat([head, body]);
}

export const sslRequest = openingPacket(REQUEST_CODE.ssl);
export const gssencRequest = openingPacket(REQUEST_CODE.gssEncryption);

export function cancelRequest(pid: number, key: Buffer): Buffer {
  const body = Buffer.alloc(4);
  body.writeInt32BE(pid, 0);
  return openingPacket(REQUEST_CODE.cancel, Buffer.concat([body, key]));
}

export type Parameters = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** @param parameters pairs where a name stands twice; written as latin1, so that any byte can be sent. */
export function startupMessage(parameters: Parameters, minor = 0): Buffer {
  const pairs = Array.isArray(parameters) ? parameters : Object.entries(parameters);
  const text = pairs.map(([name, value]) => `${name}\0${value}\0`).join('');
  return openingPacket(encodeVersion({ major: 3, minor }), Buffer.from(`${text}\0`, 'latin1'));
}

/** A typed message by its letter. */
export function message(letter: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const bytes = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
  return serializeFrame(letter.charCodeAt(0), ...bytes);
}

/** A header alone, with a length that need not be true. */
export function header(letter: string, length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.write(letter, 'latin1');
  bytes.writeInt32BE(length | 0, 1);
  return bytes;
}

export function saslInitialResponse(mechanism: string, data: Buffer | undefined): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(data?.length ?? -1, 0);
  const body = Buffer.concat([Buffer.from(`${mechanism}\0`), length, data ?? Buffer.alloc(0)]);
  return serializeFrame(FRONTEND.password, body);
}

export function saslResponse(data: Buffer): Buffer {
  return serializeFrame(FRONTEND.password, data);
}

export function query(sql: string): Buffer {
  return message('Q', `${sql}\0`);
}

export const terminate = message('X');
export const sync = message('S');
