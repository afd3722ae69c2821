import type { Address } from '../allowlist/address.ts';

/** An IP address and a port (RFC 8489, 5), the port from 0 to 65535. */
export interface TransportAddress {
  readonly address: Address;
  readonly port: number;
}

/** A connection that a balancer forwards for a client: from here on, `source` is where it comes from. */
export interface ProxiedHeader extends ProxiedDetails {
  readonly command: 'proxy';
  /** Checked to be an address that a client can have. */
  readonly source: TransportAddress;
  /** Where the client connected to. Not checked, decides nothing. */
  readonly destination: TransportAddress;
}

/** What version 2 may tell beside the addresses; always undefined in version 1. */
export interface ProxiedDetails {
  /** The server name that the client asked the balancer for. The client's own text: escape it before a log sees it. */
  readonly authority: string | undefined;
  /** The balancer's name for this connection, any bytes, at most 128. */
  readonly uniqueId: Buffer | undefined;
  /** The AWS VPC endpoint that the client came through (`vpce-…`): letters, digits and hyphens. */
  readonly vpcEndpoint: string | undefined;
}

/**
 * A valid header without a client's address: the connection's own source is the balancer, and must never be
 * taken for the client. `form` is for the log: `LOCAL` is the balancer's own connection, a health check; the
 * others stand for a client that it knows no TCP address of.
 */
export interface LocalHeader {
  readonly command: 'local';
  readonly form: 'LOCAL' | 'UNKNOWN' | 'UNSPEC' | 'UNIX' | 'DGRAM';
}

export type ProxyHeader = ProxiedHeader | LocalHeader;
