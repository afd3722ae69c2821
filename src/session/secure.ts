import { ConnectionClosed, Leg } from '../legs/leg.ts';
import {
  OPENING_HEADER_LENGTH,
  type OpeningPacket,
  openingLength,
  parseOpening,
} from '../wire/opening-packet.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import { insecure, silent } from './refusals.ts';
import type { Visit } from './visit.ts';

export type CancelRequest = Extract<OpeningPacket, { kind: 'cancel-request' }>;

/** The first byte of a TLS record that holds a handshake (RFC 8446, 5.1); no opening packet begins so. */
const TLS_HANDSHAKE = 0x16;
/** What direct TLS must offer, so that no other protocol's client can be led here (manual, 54.2.11). */
const ALPN = 'postgresql';

/**
 * Leads the connection into TLS: by SSLRequest, or directly. At most one SSLRequest and one GSSENCRequest,
 * and nothing behind either before our answer (CVE-2021-23214).
 * @returns a CancelRequest where one came in plain text, as libpq before 17 sends it.
 */
export async function secure(visit: Visit): Promise<CancelRequest | undefined> {
  let askedForGss = false;
  for (;;) {
    const packet = await readPlainPacket(visit);
    switch (packet.kind) {
      case 'direct-tls':
        return await enterTls(visit, 'direct');
      case 'ssl-request':
        answerRequest(visit, 'S');
        return await enterTls(visit, 'requested');
      case 'gssenc-request':
        if (askedForGss) throw silent('protocol', 'a second GSSENCRequest');
        askedForGss = true;
        answerRequest(visit, 'N');
        break;
      case 'cancel-request':
        return packet;
      case 'startup':
        visit.audible = true;
        throw insecure();
    }
  }
}

async function readPlainPacket(visit: Visit): Promise<OpeningPacket | { readonly kind: 'direct-tls' }> {
  const first = await visit.client.read(1);
  visit.client.unread(first);
  if (first.readUInt8(0) === TLS_HANDSHAKE) return { kind: 'direct-tls' };
  try {
    return await readPacket(visit.client);
  } catch (error) {
    if (error instanceof ProtocolViolation) throw silent('protocol', error.message, error);
    throw error;
  }
}

/**
 * Reads one opening packet, however it was fragmented.
 * @throws ProtocolViolation on a malformed one; as `Leg.read`.
 */
export async function readPacket(leg: Leg): Promise<OpeningPacket> {
  const header = await leg.read(OPENING_HEADER_LENGTH);
  const rest = openingLength(header) - header.length;
  return parseOpening(rest === 0 ? header : Buffer.concat([header, await leg.read(rest)]));
}

function answerRequest(visit: Visit, letter: 'S' | 'N'): void {
  if (visit.client.buffered > 0) throw silent('early-bytes', 'bytes behind a request, before our answer');
  visit.client.write(Buffer.from(letter));
}

async function enterTls(visit: Visit, way: 'direct' | 'requested'): Promise<undefined> {
  const { gate, record, signal } = visit;
  const secured = await gate.tls.handshake(visit.arrival.stream, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof ConnectionClosed) throw error;
    throw silent('tls', error instanceof Error ? error.message : 'handshake failed', error);
  });
  visit.client = new Leg(secured.stream, signal);
  visit.binding = secured.binding;
  visit.certificate = secured.certificate;
  record.handshakeMs = visit.elapsed;
  record.certificate = secured.certificate && {
    commonName: secured.certificate.commonName,
    fingerprint: secured.certificate.fingerprint,
  };
  record.tls = { version: secured.version, cipher: secured.cipher, servername: secured.servername };
  if (way === 'direct' && secured.alpn !== ALPN) throw silent('alpn', 'direct TLS without ALPN "postgresql"');
  visit.audible = true;
}
