import type { Duplex } from 'node:stream';
import type { UpstreamTarget } from '../catalog/model.ts';

/** An open connection to an upstream, before its StartupMessage. */
export interface UpstreamConnection {
  readonly stream: Duplex;
  readonly tls: boolean;
  /** The certificate's tls-server-end-point hash (RFC 5929); undefined without TLS or where it has none. */
  readonly binding: Buffer | undefined;
}

/**
 * Opens a connection under the branch's sslmode.
 * @throws UpstreamUnreachable; the signal's reason when it is aborted first.
 */
export type Dial = (target: UpstreamTarget, signal: AbortSignal) => Promise<UpstreamConnection>;

/** The upstream could not be reached, or not in the way the branch asks for. The message is for our log. */
export class UpstreamUnreachable extends Error {
  override readonly name = 'UpstreamUnreachable';
}
