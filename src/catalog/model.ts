import type { SaltedKeys } from '../scram/salted-keys.ts';
import type { Verifier } from '../scram/verifier.ts';
import type { Secret } from './secret.ts';

/** What a project's people may connect to; field names are the Neon API's, in camel case. */
export interface Project {
  readonly id: string;
  /** For people. */
  readonly name: string | undefined;
  readonly allowedIps: ProjectAllowedIps | undefined;
  readonly cluster: Cluster | undefined;
  readonly branches: readonly Branch[];
}

/** The PostgreSQL in which a project's branches are made. */
export interface Cluster {
  /** Without a map: whoever makes branches names the database. */
  readonly upstream: UpstreamTarget;
  /** Role that may create databases and roles. */
  readonly role: string;
  /** `undefined`: the upstream lets the role in without (peer or trust on a Unix socket). */
  readonly password: Secret | undefined;
  /** Database to connect to where no other is meant. */
  readonly database: string;
  /** How a branch gets its data; `external`: it is there already. */
  readonly provisioner: 'external' | 'template' | 'dump';
  /** Sessions that stand in the way of a copy: those there end by themselves, or are ended. New ones wait. */
  readonly parentSessions: 'hold' | 'drain';
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
  /** When its data became the parent's again (Unix time, ms); `undefined`: never. Whoever is connected then is cut. */
  readonly resetAt: number | undefined;
  readonly clientCertificate: 'off' | 'optional' | 'required';
  /** Which of a client certificate's names must be the role's: its common name, or one of its SANs. */
  readonly clientCertificateRole: 'off' | 'cn' | 'san';
  readonly sql: SqlRules;
  /** How we made its databases and roles, which go with it; `undefined`: they are not ours. */
  readonly provisioner: 'template' | 'dump' | undefined;
}

/** What is looked at in statements. */
export interface SqlRules {
  /** Weakest password that SQL may set, in whole bits; `undefined`: nothing is looked at. */
  readonly passwordMinBits: number | undefined;
  /** Whether SQL may set a password by its hash, so that nobody knows how strong it is. */
  readonly prehashedPasswords: 'refuse' | 'allow';
  /** Which statements are put on record. */
  readonly audit: 'none' | 'ddl' | 'all';
  /** Whether records have the values that a Bind gives a statement's parameters. */
  readonly auditParameters: boolean;
}

/** The contract's defaults; the bits are Neon's floor. */
export const DEFAULT_SQL_RULES: SqlRules = {
  passwordMinBits: 60,
  prehashedPasswords: 'refuse',
  audit: 'none',
  auditParameters: false,
};

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
  /** Whether the verifier was given as it is, so that nobody knows how strong its password is. */
  readonly verifierUnrated: boolean;
  /** Sessions at a time; `undefined`: no bound but the branch's. */
  readonly connectionLimit: number | undefined;
  readonly upstream: RoleUpstream;
}

/** How the gateway logs in upstream for a role. */
export interface RoleUpstream {
  /** `undefined`: the same name. */
  readonly role: string | undefined;
  /** `undefined`: the client's own proof (ClientKey passthrough). */
  readonly login: UpstreamLogin | undefined;
}

/** Keys are enough where the upstream speaks SCRAM; they log in for as long as its salt and count stay. */
export type UpstreamLogin = { readonly password: Secret } | { readonly keys: Secret<SaltedKeys> };

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
