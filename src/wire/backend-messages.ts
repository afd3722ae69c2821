import { AUTHENTICATION, BACKEND, serializeFrame } from './frame.ts';
import { encodeVersion, NEWEST_MINOR, type ProtocolVersion } from './protocol-version.ts';
import { cString } from './text.ts';

/** The messages we send as a server (PostgreSQL manual, 54.7), but for errors, which have a file. */

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

/**
 * Tells a client that asked for more what is spoken here.
 * @param unknownOptions names that begin with `_pq_.`, as the client wrote them.
 * @param spoken what `negotiate` made of the client's version. It is named even where only options are unknown,
 * as PostgreSQL does (SendNegotiateProtocolVersion, src/backend/tcop/backend_startup.c): libpq 18 gives up on
 * an answer newer than its question.
 */
export function negotiateProtocolVersion(
  unknownOptions: readonly string[],
  spoken: ProtocolVersion = { major: 3, minor: NEWEST_MINOR },
): Buffer {
  return serializeFrame(
    BACKEND.negotiateProtocolVersion,
    int32(encodeVersion(spoken)),
    int32(unknownOptions.length),
    ...unknownOptions.map((name) => Buffer.from(`${name}\0`, 'latin1')),
  );
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0, 0);
  return bytes;
}
