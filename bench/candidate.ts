/**
 * The ways to PostgreSQL that are compared. `pgbouncer-fresh` gives every client a new connection upstream;
 * `portcullis-before` is another clone's, where one is given; `portcullis-opaque` follows no frames;
 * `portcullis-bun` is ours on Bun, `portcullis-two` has two workers, `portcullis-two-before` is another clone's with two.
 */
export const CANDIDATES = [
  'direct',
  'pgbouncer',
  'pgbouncer-fresh',
  'stunnel',
  'portcullis-before',
  'portcullis-opaque',
  'portcullis',
  'portcullis-bun',
  'portcullis-two',
  'portcullis-two-before',
] as const;

/** Those between a client and PostgreSQL whose relay is compared. */
export const RELAYS = [
  'pgbouncer',
  'stunnel',
  'portcullis-before',
  'portcullis-opaque',
  'portcullis',
  'portcullis-bun',
] as const satisfies readonly CandidateName[];

export type CandidateName = (typeof CANDIDATES)[number];

/** A way to PostgreSQL, ready. */
export interface Candidate {
  readonly name: CandidateName;
  /** On 127.0.0.1; TLS by SSLRequest. */
  readonly port: number;
  /** The proxy's process; `undefined`: there is none in between. */
  readonly pid: number | undefined;
  /** Whether SCRAM-SHA-256-PLUS is to be had, and therefore asked for. */
  readonly binds: boolean;
  stop(): Promise<void>;
}

/** Where proxies go: the folder of PostgreSQL's socket, and its port, as libpq takes them. */
export interface Upstream {
  readonly socketDir: string;
  readonly port: number;
  /** Whether it asks for a proof; the fake one does not. */
  readonly asksProof: boolean;
}
