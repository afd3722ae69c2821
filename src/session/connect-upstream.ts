import { ConnectionClosed } from '../legs/leg.ts';
import { formatNonce, NONCE_LENGTH } from '../scram/messages.ts';
import { openSession, type UpstreamSession } from '../upstream/open-session.ts';
import type { Errand } from './authorize.ts';
import type { Visit } from './visit.ts';

/** Dials and logs in upstream, within what is left of the handshake deadline. */
export async function connectUpstream(visit: Visit, errand: Errand): Promise<UpstreamSession> {
  const { gate, record, signal } = visit;
  visit.reachingUpstream = true;
  const startedAt = performance.now();
  const request = {
    target: errand.branch.upstream,
    version: errand.version,
    parameters: errand.parameters,
    credentials: errand.credentials,
    nonce: formatNonce(gate.randomBytes(NONCE_LENGTH)),
    client: { source: visit.source, destination: visit.arrival.local },
  };
  const session = await openSession(gate.dial, request, signal);
  record.upstreamConnectMs = session.connectedAt - startedAt;
  visit.upstream = session.leg;
  visit.reachingUpstream = false;
  // Nobody is waiting any more, and the relay would wait for an end that has already been.
  if (visit.client.peerLeft) throw new ConnectionClosed();
  return session;
}
