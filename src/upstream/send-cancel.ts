import type { UpstreamTarget } from '../catalog/model.ts';
import { Leg } from '../legs/leg.ts';
import { serializeCancel } from '../wire/opening-packet.ts';
import type { UpstreamCancelKey } from './open-session.ts';
import type { Dial } from './ports.ts';

/**
 * Sends a CancelRequest under the branch's sslmode, and waits until the upstream has closed the connection,
 * which it does once the signal is sent (PostgreSQL manual, 54.2.9).
 * @throws UpstreamUnreachable; the signal's reason when it is aborted first.
 */
export async function sendCancel(
  dial: Dial,
  upstream: { readonly target: UpstreamTarget; readonly upstream: UpstreamCancelKey },
  signal: AbortSignal,
): Promise<void> {
  const { stream } = await dial(upstream.target, signal);
  const leg = new Leg(stream, signal);
  try {
    leg.write(serializeCancel(upstream.upstream.pid, upstream.upstream.key));
    await leg.ended();
  } finally {
    leg.destroy();
  }
}
