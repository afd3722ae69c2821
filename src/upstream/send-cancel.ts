import type { UpstreamTarget } from '../catalog/model.ts';
import { Leg } from '../legs/leg.ts';
import { serializeCancel } from '../wire/opening-packet.ts';
import type { UpstreamCancelKey } from './open-session.ts';
import { type Dial, UpstreamUnreachable } from './ports.ts';

/** How long a cancel may take, in ms, and what ends it before. */
export interface CancelPatience {
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/**
 * Sends a CancelRequest under the branch's sslmode, and waits until the upstream has closed the connection,
 * which it does once the signal is sent (PostgreSQL manual, 54.2.9).
 * @throws UpstreamUnreachable, also where it took too long; the signal's reason when it is aborted first.
 */
export async function sendCancel(
  dial: Dial,
  upstream: { readonly target: UpstreamTarget; readonly upstream: UpstreamCancelKey },
  { timeout, signal }: CancelPatience,
): Promise<void> {
  const late = new AbortController();
  const tooSlow = new UpstreamUnreachable(`a cancel was not taken within ${timeout} ms`);
  const timer = setTimeout(() => late.abort(tooSlow), timeout);
  const deadline = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
  try {
    const { stream } = await dial(upstream.target, deadline);
    const leg = new Leg(stream, deadline);
    try {
      leg.write(serializeCancel(upstream.upstream.pid, upstream.upstream.key));
      await leg.ended();
    } finally {
      leg.destroy();
    }
  } finally {
    clearTimeout(timer);
  }
}
