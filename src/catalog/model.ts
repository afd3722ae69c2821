import type { Verifier } from '../scram/verifier.ts';
import type { Secret } from './secret.ts';

/** What a project's people may connect to; field names are the Neon API's, in camel case. */
export interface Project {
  readonly id: string;
  /** For people. */
  readonly name: string | undefined;
  readonly allowedIps: ProjectAllowedIps | undefined;
  readonly branches: readonly Branch[];
}

/** A project's list. `undefined` in its place admits everyone, as in Neon; an empty one nobody. */
export interface ProjectAllowedIps {
  readonly ips: readonly string[];
  readonly protectedBranchesOnly: boolean;
}

/** A named upstream database with its own policy. */
export interface Branch {
  readonly id: string;
  readonly name: string;
  readonly parentId: string | undefined;
  readonly isDefault: boolean;
  readonly isProtected: boolean;
  /** Public names (`ep-…`) under which clients reach the branch. */
  readonly endpoints: readonly string[];
  /** The branch's own list; `undefined` falls back to the project's. Never empty. */
  readonly allowedIps: readonly string[] | undefined;
  readonly upstream: UpstreamTarget;
  readonly roles: readonly Role[];
  readonly authQuery: AuthQuery | undefined;
  /** Whether `replication=` in a startup packet is let through. */
  readonly replication: boolean;
  /** Rounds that an unknown name is told, so that it looks like a known one. PostgreSQL's default is 4096. */
  readonly scramIterations: number;
  /** Sessions at a time; `undefined`: no bound. */
  readonly connectionLimit: number | undefined;
  /** ms that a session may wait for a statement outside a transaction; `undefined`: for ever. */
  readonly idleSessionTimeout: number | undefined;
  /** ms that a session may last, a statement that runs then included; `undefined`: for ever. */
  readonly maxSessionAge: number | undefined;
  readonly clientCertificate: 'off' | 'optional' | 'required';
  /** Which of a client certificate's names must be the role's: its common name, or one of its SANs. */
  readonly clientCertificateRole: 'off' | 'cn' | 'san';
}

/** libpq's words (PostgreSQL manual, 34.19.1 and `require_auth`, `channel_binding` in 34.1.2). */
export type SslMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';
export type AuthMethod = 'scram-sha-256' | 'md5' | 'password' | 'none';
export type ChannelBindingMode = 'disable' | 'prefer' | 'require';

/** Where a branch's data lives. A host that begins with `/` is the folder of a Unix socket. */
export interface UpstreamTarget {
  readonly host: string;
  readonly port: number;
  readonly sslmode: SslMode;
  /** PEM text of the authorities to believe; `undefined`: the runtime's own. */
  readonly sslrootcert: string | undefined;
  /** Logins that the gateway answers; anything else the upstream asks for ends the connection. */
  readonly requireAuth: ReadonlySet<AuthMethod>;
  readonly channelBinding: ChannelBindingMode;
  /** The header that tells the upstream the client's address (the PROXY protocol). */
  readonly proxyProtocol: 'off' | 'v1' | 'v2';
  /** Client's name → upstream's name; where present, only these are reachable. */
  readonly database: ReadonlyMap<string, string> | undefined;
}

export interface Role {
  readonly name: string;
  /** `undefined`: the role cannot log in here. */
  readonly verifier: Verifier | undefined;
  /** Sessions at a time; `undefined`: no bound but the branch's. */
  readonly connectionLimit: number | undefined;
  /** How the gateway logs in upstream for this role; absent parts: the same name, ClientKey passthrough. */
  readonly upstream: { readonly role: string | undefined; readonly password: Secret | undefined };
}

/** Verifiers read from the upstream itself. */
export interface AuthQuery {
  readonly role: string;
  /** `undefined`: the upstream lets the role in without (peer or trust on a Unix socket). */
  readonly password: Secret | undefined;
  readonly database: string;
  /** One parameter, `$1`, the role's name. `undefined`: pg_catalog.pg_authid. */
  readonly query: string | undefined;
  readonly superusers: boolean;
  readonly replicationRoles: boolean;
}
