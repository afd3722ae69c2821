/** What a load process is told to do. */
export type LoadOrder =
  | (VisitOrder & { readonly kind: 'visit' })
  | (HoldOrder & { readonly kind: 'hold' })
  | { readonly kind: 'release' };

/** Visits one after another, a few at a time, for some time. */
export interface VisitOrder extends Way {
  readonly visit: VisitKind;
  readonly seconds: number;
  /** Visits at a time. */
  readonly lanes: number;
}

/** `login`: connect, log in, one query, leave. `handshake`: TLS alone. `refused`: to an endpoint that admits nobody.
 * `garbage`: bytes that are no protocol, as a port scan sends them. */
export type VisitKind = 'login' | 'handshake' | 'refused' | 'garbage';

/** Opens sessions, has each do one query, and keeps them. */
export interface HoldOrder extends Way {
  readonly sessions: number;
}

export interface Way {
  readonly port: number;
  readonly role: string;
  readonly database: string;
  readonly password: string;
  /** To which connections that are to be refused go. */
  readonly closedEndpoint: string;
}

/** What a load process answers. */
export type LoadReport =
  | { readonly kind: 'visited'; readonly latencies: readonly number[] }
  | { readonly kind: 'held' | 'released' }
  | { readonly kind: 'failed'; readonly reason: string };
