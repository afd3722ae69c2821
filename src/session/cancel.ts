import { formatAddress } from '../allowlist/address.ts';
import { sendCancel } from '../upstream/send-cancel.ts';
import type { CancelTarget } from './cancel-keys.ts';
import { addressNotAllowed, silent } from './refusals.ts';
import type { CancelRequest } from './secure.ts';
import type { Visit } from './visit.ts';

/**
 * Cancels what another connection's session runs, if the key is its key and its branch admits this address. No
 * answer is ever sent (manual, 54.2.9); the client's connection is closed once the upstream's cancel is done,
 * so that the client's next statement is not the one that is hit.
 */
export async function cancel(visit: Visit, request: CancelRequest): Promise<void> {
  const { gate, record, source, signal } = visit;
  record.kind = 'cancel';
  visit.audible = false;
  const { cancels } = gate.throttle;
  const verdict = await visit.client.unlessAborted(cancels.check(source.address));
  if (!verdict.allowed) throw silent('locked-out', 'too many cancel requests with wrong keys');
  const session = await findSession(visit, request);
  if (session === 'ended') throw silent('cancel-late', 'the session has ended');
  if (session === undefined) {
    await visit.client.unlessAborted(cancels.failed(source.address));
    throw silent('cancel-key', 'no session has this cancel key');
  }
  record.project = session.projectId;
  record.branch = session.branchId;
  const catalog = gate.catalog();
  const place = catalog.findBranch(session.projectId, session.branchId);
  const allowlist = place && catalog.allowlistOf(place.project, place.branch);
  if (place === undefined) throw silent('cancel-key', 'the session’s branch is gone');
  if (allowlist !== undefined && !allowlist.admits(source.address)) {
    throw addressNotAllowed(formatAddress(source.address));
  }
  visit.reachingUpstream = true;
  await sendCancel(gate.dial, session, { timeout: gate.limits.cancelTimeout, signal });
  record.outcome = 'canceled';
  await visit.client.farewell();
}

/** Any process of the gateway may get the request. */
async function findSession(
  { gate, client }: Visit,
  { pid, key }: CancelRequest,
): Promise<CancelTarget | 'ended' | undefined> {
  const own = gate.cancelKeys.find(pid, key);
  if (own !== undefined) return own;
  if (gate.cancelKeys.hasEnded(pid, key)) return 'ended';
  return gate.neighbours && (await client.unlessAborted(gate.neighbours.findCancel(pid, key)));
}
