import type { WrittenServerConfig } from './server-schema.ts';

/** Bounds on what clients may take; times in milliseconds. */
export interface Limits {
  readonly maxConnections: number;
  /** From one IPv4 address or IPv6 /64; `undefined`: no bound. */
  readonly connectionsPerAddress: number | undefined;
  readonly handshakeTimeout: number;
  readonly upstreamConnectTimeout: number;
  readonly cancelTimeout: number;
  /** Bytes that may wait in all sessions together. */
  readonly maxBufferedBytes: number;
  readonly writeStallTimeout: number;
  readonly keepalive: number;
  readonly failedLogins: FailedLogins;
}

export interface FailedLogins {
  readonly attempts: number;
  readonly window: number;
  readonly block: number;
  /** Allowlist entries, as they are written. */
  readonly exempt: readonly string[];
}

export function toLimits(written: WrittenServerConfig['limits']): Limits {
  return {
    maxConnections: written.max_connections,
    connectionsPerAddress:
      written.connections_per_address === 'off' ? undefined : written.connections_per_address,
    handshakeTimeout: written.handshake_timeout,
    upstreamConnectTimeout: written.upstream_connect_timeout,
    cancelTimeout: written.cancel_timeout,
    maxBufferedBytes: written.max_buffered_bytes,
    writeStallTimeout: written.write_stall_timeout,
    keepalive: written.keepalive,
    failedLogins: written.failed_logins,
  };
}
