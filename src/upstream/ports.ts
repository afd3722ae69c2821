import type { Duplex } from 'node:stream';
import type { UpstreamTarget } from '../catalog/model.ts';
import type { TransportAddress } from '../proxy-protocol/header.ts';

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
export type Dial = (
  target: UpstreamTarget,
  signal: AbortSignal,
  client?: DialedFor,
) => Promise<UpstreamConnection>;

/** For whom a connection is opened, which the target may want to be told (`proxy_protocol`). */
export interface DialedFor {
  readonly source: TransportAddress;
  /** Where the client connected to. */
  readonly destination: TransportAddress;
}

/** The upstream could not be reached, or not in the way the branch asks for. The message is for our log. */
export class UpstreamUnreachable extends Error {
  override readonly name = 'UpstreamUnreachable';
}
