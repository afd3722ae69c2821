import type { Duplex } from 'node:stream';
import type { Address } from '../allowlist/address.ts';
import type { Allowlist } from '../allowlist/allowlist.ts';
import type { Branch } from '../catalog/model.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { PasswordContext, Rating } from '../passwords/rating.ts';
import type { TransportAddress } from '../proxy-protocol/header.ts';
import type { StatementKind } from '../sql/ddl.ts';
import type { Followed } from '../sql/followed.ts';
import type { Reading } from '../sql/reading.ts';
import type { LoginAttempt, Verdict } from '../throttle/attempt.ts';
import type { Dial } from '../upstream/ports.ts';
import type { RoleLogin } from '../upstream/verifiers.ts';
import type { CancelKeys, CancelTarget } from './cancel-keys.ts';
import type { ClientCertificate } from './client-certificate.ts';
import type { HeldBytes } from './held-bytes.ts';
import type { Seats } from './quota.ts';
import type { ConnectionRecord } from './record.ts';
import type { Sessions } from './sessions.ts';

/** A connection as it was accepted. */
export interface Arrival {
  readonly stream: Duplex;
  /** The peer's; the client's own unless a balancer stands in between. */
  readonly address: Address;
  readonly port: number;
  /** Where the peer connected to. */
  readonly local: TransportAddress;
  /** Balancers whose PROXY header is believed and required; `undefined`: there must be none. */
  readonly proxiedBy: Allowlist | undefined;
}

/** A client's stream once TLS stands. */
export interface SecuredStream {
  readonly stream: Duplex;
  readonly servername: string | undefined;
  /** `undefined` where the client offered no ALPN. */
  readonly alpn: string | undefined;
  /** Hash of the certificate that this very handshake used; undefined: no channel binding can be offered. */
  readonly binding: Buffer | undefined;
  /** The client's; `undefined` where it showed none, or was not asked to. */
  readonly certificate: ClientCertificate | undefined;
  readonly version: string;
  readonly cipher: string;
}

/** Runs the server's side of a TLS handshake on a stream; its failures are errors of that stream alone. */
export interface TlsServer {
  /**
   * @throws Error saying for our log why the handshake failed; ConnectionClosed where the client just left; the
   * signal's reason when it is aborted first.
   */
  handshake(stream: Duplex, signal: AbortSignal): Promise<SecuredStream>;
}

/** Hears what happens; decides nothing. */
export interface Journal {
  opened(record: ConnectionRecord): void;
  ended(record: ConnectionRecord): void;
  /** A statement of a session that was cut may still run upstream. */
  cancelFailed(record: ConnectionRecord, cause: unknown): void;
  /** A statement on a branch that records them, or a step towards one that failed. */
  statement(record: ConnectionRecord, statement: Followed): void;
  /** A statement was refused because of a password in it. @param why what the client is told, without any part of it. */
  passwordRefused(record: ConnectionRecord, why: string): void;
  /** A defect of ours, met while serving a connection. */
  defect(record: ConnectionRecord, cause: unknown): void;
}

/** Keeps the audit trail: who is let in stands there before it takes effect. */
export interface AdmissionRecorder {
  /** Why nobody could be put on record now; `undefined`: it can be tried. */
  readonly obstacle: string | undefined;
  /**
   * Resolves once it is durable that this session is let in, and everything that was recorded before.
   * @throws Error saying for our log why it could not be put on record.
   */
  admit(record: ConnectionRecord): Promise<void>;
}

/** Slows down the guessing of passwords and cancel keys; a fleet shares one. */
export interface Throttle {
  readonly logins: {
    check(attempt: LoginAttempt): Promise<Verdict>;
    failed(attempt: LoginAttempt): Promise<Verdict>;
    succeeded(attempt: LoginAttempt): Promise<Verdict>;
  };
  readonly cancels: { check(address: Address): Promise<Verdict>; failed(address: Address): Promise<void> };
}

/** Knows what statements say about passwords. Neither rejects: what cannot be read or rated is refused. */
export interface PasswordAssessor {
  /** @param text a statement or several, in UTF-8, without the NUL. */
  read(text: Buffer): Promise<Reading>;
  /** @param minBits whole bits that are strong. */
  rate(password: string, context: PasswordContext, minBits: number): Promise<Rating>;
}

/** What the recording of statements needs besides the journal. */
export interface StatementRecording {
  /** Whether more was recorded than is written in time, so that whoever sends statements should wait a little. */
  readonly behind: boolean;
  /** Never rejects; `unknown` where it could not be parsed, or not in time. @param text without its NUL. */
  kindOf(text: Buffer): Promise<StatementKind>;
}

/** Other processes of this gateway, at which a client's CancelRequest may not have arrived. */
export interface Neighbours {
  /**
   * Whose statement a key cancels that no session here has; `ended`: a session there had it until lately.
   * @throws Refusal where they cannot be asked.
   */
  findCancel(pid: number, key: Buffer): Promise<CancelTarget | 'ended' | undefined>;
}

/** Everything a connection needs from outside. */
export interface Gate {
  readonly tls: TlsServer;
  readonly catalog: () => CatalogSnapshot;
  readonly verifiers: { find(branch: Branch, role: string, source: string): Promise<RoleLogin> };
  readonly dial: Dial;
  readonly journal: Journal;
  readonly recorder: AdmissionRecorder;
  readonly sessions: Sessions;
  readonly cancelKeys: CancelKeys;
  readonly randomBytes: (length: number) => Buffer;
  /** Seed of mock verifiers: stable over restarts, secret. */
  readonly mockSecret: Buffer;
  readonly throttle: Throttle;
  /** Who is connected, by address, branch and role. */
  readonly quota: Seats;
  /** The processes that serve the same clients; `undefined`: there are none. */
  readonly neighbours?: Neighbours | undefined;
  readonly limits: GateLimits;
  readonly passwords: PasswordAssessor;
  readonly statements: StatementRecording;
  /** Room for large statements until they were looked at. */
  readonly heldBytes: HeldBytes;
  /** Gives back the memory of what was relayed. Only where streams are sockets, which keep nothing that they took. */
  readonly spent?: ((chunk: Buffer) => void) | undefined;
}

/** Bounds that a connection meets; times in ms. */
export interface GateLimits {
  /** From accept() to the relay. */
  readonly handshakeTimeout: number;
  readonly maxConnections: number;
  /** Bytes that may wait in the streams of all connections together. */
  readonly maxBufferedBytes: number;
  readonly connectionsPerAddress: number | undefined;
  readonly cancelTimeout: number;
  /** How long a peer may take nothing of what is waiting for it. */
  readonly writeStallTimeout: number;
}
