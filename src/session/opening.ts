import { negotiateProtocolVersion } from '../wire/backend-messages.ts';
import type { OpeningPacket } from '../wire/opening-packet.ts';
import { NEWEST_MINOR, negotiate } from '../wire/protocol-version.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import { type CancelRequest, readPacket } from './secure.ts';
import type { Visit } from './visit.ts';

export type StartupMessage = Extract<OpeningPacket, { kind: 'startup' }>;

/**
 * Reads what the client opens with inside TLS, and tells one that asked for a newer minor version, or for
 * protocol options, what is spoken here (NegotiateProtocolVersion).
 */
export async function readOpening(visit: Visit): Promise<StartupMessage | CancelRequest> {
  const packet = await readPacket(visit.client);
  switch (packet.kind) {
    case 'ssl-request':
    case 'gssenc-request':
      // PostgreSQL CVE-2026-14681: encryption is not negotiated inside encryption.
      throw new ProtocolViolation('unexpected encryption request inside TLS');
    case 'cancel-request':
      return packet;
    case 'startup': {
      const { version, parameters } = packet;
      const unknown = parameters.protocolOptions;
      if (version.minor > NEWEST_MINOR || unknown.length > 0) {
        visit.client.write(negotiateProtocolVersion(unknown, negotiate(version)));
      }
      return packet;
    }
  }
}
