import { ConnectionClosed } from '../legs/leg.ts';
import { UpstreamError, UpstreamLoginRefused } from '../upstream/failures.ts';
import { UpstreamUnreachable } from '../upstream/ports.ts';
import { serializeError } from '../wire/error-response.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import { internal, malformed, Refusal, upstreamLoginRefused, upstreamUnreachable } from './refusals.ts';
import type { Visit } from './visit.ts';

/** The one place where a connection ends before it was relayed: says why to the client and to the record. */
export async function refuse(visit: Visit, cause: unknown): Promise<void> {
  const { record } = visit;
  if (cause instanceof ConnectionClosed && !visit.reachingUpstream) {
    record.outcome = 'abandoned';
    record.reason = 'client-left';
    record.detail = causeText(cause);
    return;
  }
  if (cause instanceof UpstreamError) {
    note(visit, 'upstream-error', cause.message);
    await visit.client.farewell(cause.bytes);
    return;
  }
  const refusal = toRefusal(visit, cause);
  note(visit, refusal.reason, refusal.message);
  if (refusal.reason === 'internal') visit.gate.journal.defect(record, refusal.cause);
  if (refusal.fields === undefined || !visit.audible) visit.client.destroy();
  else await visit.client.farewell(serializeError(refusal.fields));
}

/** Two questions of every failure: what may the client read, and whose fault is it. */
function toRefusal(visit: Visit, cause: unknown): Refusal {
  if (cause instanceof Refusal) {
    if (cause.reason === 'timeout' && visit.reachingUpstream) {
      return upstreamUnreachable('the handshake deadline was spent reaching the upstream');
    }
    return cause;
  }
  if (cause instanceof UpstreamLoginRefused) return upstreamLoginRefused(cause.message);
  if (cause instanceof UpstreamUnreachable) return upstreamUnreachable(cause.message, cause.cause);
  if (visit.reachingUpstream && (cause instanceof ProtocolViolation || cause instanceof ConnectionClosed)) {
    return upstreamUnreachable(`while logging in upstream: ${causeText(cause)}`);
  }
  if (cause instanceof ProtocolViolation) return malformed(cause.message);
  return internal(cause);
}

function note({ record }: Visit, reason: string, detail: string): void {
  record.outcome = 'refused';
  record.reason = reason;
  record.detail = detail;
}

function causeText(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
