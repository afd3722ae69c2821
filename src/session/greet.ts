import type { UpstreamSession } from '../upstream/open-session.ts';
import { authenticationOk, backendKeyData } from '../wire/backend-messages.ts';
import { type Frame, serializeFrame } from '../wire/frame.ts';
import type { Errand } from './authorize.ts';
import type { Visit } from './visit.ts';

/**
 * Lets the client in, now that the upstream has let us in: AuthenticationOk, the upstream's own parameters and
 * notices, BackendKeyData with its pid and our secret, ReadyForQuery.
 */
export function greet(visit: Visit, errand: Errand, upstream: UpstreamSession): void {
  const { project, branch, version } = errand;
  const messages = [authenticationOk(), ...upstream.greeting.map(bytesOf)];
  if (upstream.cancelKey !== undefined) {
    const session = {
      projectId: project.id,
      branchId: branch.id,
      target: branch.upstream,
      upstream: upstream.cancelKey,
    };
    const { key, revoke } = visit.gate.cancelKeys.issue(session, version);
    visit.atEnd(revoke);
    messages.push(backendKeyData(upstream.cancelKey.pid, key));
  }
  visit.client.write(Buffer.concat([...messages, bytesOf(upstream.ready)]));
}

function bytesOf(frame: Frame): Buffer {
  return serializeFrame(frame.type, frame.body);
}
