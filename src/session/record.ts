import type { UpstreamFacts } from '../audit/events.ts';

/** What is known of one connection, filled as it goes; one line of the operational log at its end. */
export interface ConnectionRecord {
  readonly id: string;
  /** The client's, as far as it is known by now. */
  address: string;
  port: number;
  /** Where it arrived: an address of ours. */
  readonly local: { readonly address: string; readonly port: number };
  /** The balancer whose PROXY header named the client. */
  via?: string | undefined;
  /** The AWS VPC endpoint the client came through. */
  vpcEndpoint?: string | undefined;
  /** On the clock of performance.now(). */
  readonly acceptedAt: number;
  kind: 'unknown' | 'session' | 'cancel';
  tls?:
    | { readonly version: string; readonly cipher: string; readonly servername: string | undefined }
    | undefined;
  /** The client's, good or not; its common name is the client's text. SHA-256, lower-case hex. */
  certificate?: { readonly commonName: string | undefined; readonly fingerprint: string } | undefined;
  project?: string | undefined;
  branch?: string | undefined;
  endpoint?: string | undefined;
  role?: string | undefined;
  database?: string | undefined;
  applicationName?: string | undefined;
  mechanism?: string | undefined;
  /** Where the session goes; known before it is dialled, the backend's pid after. */
  upstream?: UpstreamFacts | undefined;
  /** On the clock of performance.now(): the trail has it that this session is let in. */
  admittedAt?: number | undefined;
  /** Milliseconds spent until TLS stood, until the proof was verified, until the upstream was connected. */
  handshakeMs?: number | undefined;
  loginMs?: number | undefined;
  upstreamConnectMs?: number | undefined;
  bytesFromClient: number;
  bytesFromUpstream: number;
  outcome?: Outcome | undefined;
  /** The stable word: a refusal's reason, or how the session ended. */
  reason?: string | undefined;
  /** For people: what happened, without the client's bytes. */
  detail?: string | undefined;
}

/** `closed`: relayed to its end. `abandoned`: the client left before it was let in. `refused`, `cut`: by us. */
export type Outcome = 'closed' | 'refused' | 'abandoned' | 'cut' | 'canceled' | 'failed';
