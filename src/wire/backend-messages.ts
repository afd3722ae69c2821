import { BACKEND, serializeFrame } from './frame.ts';
import { encodeVersion, NEWEST_MINOR } from './protocol-version.ts';
import { cString } from './text.ts';

/** The messages we send as a server (PostgreSQL manual, 54.7), but for errors, which have a file. */

const AUTHENTICATION = { ok: 0, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;

export function authenticationOk(): Buffer {
  return serializeFrame(BACKEND.authentication, int32(AUTHENTICATION.ok));
}

/** @param mechanisms in order of preference. */
export function authenticationSasl(mechanisms: readonly string[]): Buffer {
  return serializeFrame(
    BACKEND.authentication,
    int32(AUTHENTICATION.sasl),
    ...mechanisms.map(cString),
    Buffer.of(0),
  );
}

export function authenticationSaslContinue(data: Buffer): Buffer {
  return serializeFrame(BACKEND.authentication, int32(AUTHENTICATION.saslContinue), data);
}

export function authenticationSaslFinal(data: Buffer): Buffer {
  return serializeFrame(BACKEND.authentication, int32(AUTHENTICATION.saslFinal), data);
}

/** @param key 4 bytes before protocol 3.2, up to 256 from it on. */
export function backendKeyData(pid: number, key: Buffer): Buffer {
  return serializeFrame(BACKEND.backendKeyData, int32(pid), key);
}

/** Tells a client that asked for more what is spoken here. */
export function negotiateProtocolVersion(unknownOptions: readonly string[]): Buffer {
  const newest = encodeVersion({ major: 3, minor: NEWEST_MINOR });
  return serializeFrame(
    BACKEND.negotiateProtocolVersion,
    int32(newest),
    int32(unknownOptions.length),
    ...unknownOptions.map((name) => Buffer.from(`${name}\0`, 'latin1')),
  );
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0, 0);
  return bytes;
}
