import { ConnectionClosed } from '../legs/leg.ts';
import { formatNonce, NONCE_LENGTH } from '../scram/messages.ts';
import { openSession, type UpstreamSession } from '../upstream/open-session.ts';
import type { Errand } from './authorize.ts';
import { requireRecorder } from './put-on-record.ts';
import type { Visit } from './visit.ts';

/** Dials and logs in upstream, within what is left of the handshake deadline. */
export async function connectUpstream(visit: Visit, errand: Errand): Promise<UpstreamSession> {
  const { gate, record, signal } = visit;
  requireRecorder(visit);
  const { host, port } = errand.branch.upstream;
  const database = errand.parameters.text('database');
  const upstream = { host, port, role: errand.credentials.role, database };
  record.upstream = upstream;
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
  record.upstream = { ...upstream, pid: session.cancelKey?.pid };
  visit.upstream = session.leg;
  visit.reachingUpstream = false;
  // Nobody is waiting any more, and the relay would wait for an end that has already been.
  if (visit.client.peerLeft) throw new ConnectionClosed();
  return session;
}
