import type { Followed } from '../sql/followed.ts';
import type { CatalogChange } from './catalog-change.ts';

/**
 * What is known of a connection; session's `ConnectionRecord` is one. Texts may be a client's own: they are cut and
 * made well-formed before they are written.
 */
export interface ConnectionFacts {
  readonly id: string;
  /** The client's, as text. */
  readonly address: string;
  readonly port: number;
  /** The balancer whose PROXY header named the client. */
  readonly via?: string | undefined;
  /** The AWS VPC endpoint the client came through. */
  readonly vpcEndpoint?: string | undefined;
  /** Where the client connected to. */
  readonly local?: { readonly address: string; readonly port: number } | undefined;
  readonly tls?:
    | { readonly version: string; readonly cipher: string; readonly servername: string | undefined }
    | undefined;
  /** SHA-256 of the client's certificate, lower-case hex; the common name is the client's text. */
  readonly certificate?:
    | { readonly commonName: string | undefined; readonly fingerprint: string }
    | undefined;
  readonly project?: string | undefined;
  readonly branch?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly role?: string | undefined;
  readonly database?: string | undefined;
  readonly applicationName?: string | undefined;
  readonly mechanism?: string | undefined;
  /** Where the session goes, once it has been let that far. */
  readonly upstream?: UpstreamFacts | undefined;
  readonly bytesFromClient: number;
  readonly bytesFromUpstream: number;
  readonly outcome?: string | undefined;
  /** The stable word: a refusal's reason, or how the session ended. */
  readonly reason?: string | undefined;
  /** For people: what happened, without the client's bytes. */
  readonly detail?: string | undefined;
}

/** Where a session's upstream is. A host that begins with `/` is the folder of a Unix socket. */
export interface UpstreamFacts {
  readonly host: string;
  readonly port: number;
  /** As the upstream knows it. */
  readonly role: string;
  readonly database?: string | undefined;
  /** Of the upstream's backend. */
  readonly pid?: number | undefined;
}

/**
 * Who did it, as far as the gateway knows. `file`: somebody who may write the file; `command`: the portcullis
 * command; `api`: a caller of the admin listener; `gateway`: the gateway by itself, as retention does.
 */
export interface Actor {
  readonly kind: 'file' | 'command' | 'api' | 'gateway';
  /** A token's name, or a system user's. */
  readonly name?: string | undefined;
}

interface OfConnection {
  readonly connection: ConnectionFacts;
}

/** One refusal, or many that are alike: `count` of them between `from` and `to` (ms since 1970). */
export interface RefusedEvent extends OfConnection {
  readonly type: 'refused';
  readonly count: number;
  readonly from: number;
  readonly to: number;
  /**
   * Only where many are told as one: the addresses they came from (`203.0.113.7/32`, `2001:db8::/64`, coarser ones
   * where there was no room, `others` beyond that). Then `connection` names only what they have in common.
   */
  readonly prefix?: string | undefined;
}

/** A statement of a session's, or a step towards one that failed. */
export interface StatementEvent extends OfConnection {
  readonly type: 'statement';
  readonly statement: Followed;
}

/** A statement was refused because of the password in it. */
export interface PasswordRefusedEvent extends OfConnection {
  readonly type: 'password-refused';
  /** What the client was told; without any part of the password. */
  readonly why: string;
}

/** The gateway itself. */
export interface LifecycleEvent {
  readonly type: 'started' | 'stopped' | 'reloaded';
  /** What was reloaded; for people. */
  readonly what?: string | undefined;
  /** SHA-256 of the configuration in force, lower-case hex. */
  readonly configuration?: string | undefined;
  /** Why it stopped, or what is wrong with what should have been reloaded. */
  readonly problem?: string | undefined;
}

export interface CatalogChangedEvent {
  readonly type: 'catalog-changed';
  readonly change: CatalogChange;
  readonly actor: Actor;
  /** Found at a start: it happened while no gateway ran. */
  readonly whileDown?: boolean | undefined;
}

export interface AdminCallEvent {
  readonly type: 'admin-call';
  readonly method: string;
  readonly path: string;
  /** Of the HTTP answer. */
  readonly status: number;
  /** The token's name; undefined: none was shown, or none that is known. */
  readonly caller: string | undefined;
  /** Undefined: by the Unix socket. */
  readonly address: string | undefined;
}

/** What became of the trail itself. Times in ms since 1970. */
export type TrailEvent =
  /** A last line that was not written to its end was cut off. */
  | { readonly type: 'recovered'; readonly segment: string; readonly tornBytes: number }
  /** Records that could not be kept until they could be written. */
  | {
      readonly type: 'events-lost';
      readonly count: number;
      readonly from: number;
      readonly to: number;
      readonly reason: string;
    }
  | {
      readonly type: 'trail-purged';
      /** Their names, the oldest first. */
      readonly segments: readonly string[];
      /** The last record that is gone. */
      readonly upTo: { readonly sequence: number; readonly time: number };
      readonly by: Actor;
    }
  | {
      readonly type: 'trail-exported';
      readonly from: number | undefined;
      readonly to: number | undefined;
      readonly records: number;
      readonly by: Actor;
    };

/** Everything that the trail tells. docs/audit.md has an example of each. */
export type AuditEvent =
  | (OfConnection & { readonly type: 'connection-opened' })
  | (OfConnection & { readonly type: 'logged-in' })
  | (OfConnection & { readonly type: 'upstream-connected'; readonly upstream: UpstreamFacts })
  /** A CancelRequest that was passed on. */
  | (OfConnection & { readonly type: 'canceled' })
  | (OfConnection & { readonly type: 'logged-out' })
  /** @property duration ms since accept(). */
  | (OfConnection & { readonly type: 'connection-closed'; readonly duration: number })
  | RefusedEvent
  | StatementEvent
  | PasswordRefusedEvent
  | CatalogChangedEvent
  | LifecycleEvent
  | AdminCallEvent
  | TrailEvent;
