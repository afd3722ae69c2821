import { createHash } from 'node:crypto';
import type { Branch, Cluster, Project, Role, UpstreamTarget } from '../catalog/model.ts';
import { formatSaltedKeys } from '../scram/salted-keys.ts';
import { formatVerifier } from '../scram/verifier.ts';
import type { Settings } from './policy-model.ts';

/** Secrets by the setting's name, before they are fingerprinted. */
export type Unshown = Readonly<Record<string, string | undefined>>;

/** The catalog file's names for settings that rules look at. */
export const LIST = 'allowed_ips';
export const PROTECTED_ONLY = 'protected_branches_only';
export const PROTECTED = 'protected';
export const AUTH_QUERY = 'auth_query.role';
export const MIN_BITS = 'sql.password_min_bits';
/** Whether a role has a verifier; and the verifier. */
export const LOGIN = 'login';
export const VERIFIER = 'verifier';

export function settingsOfProject(project: Project): Settings {
  return {
    name: project.name ?? null,
    [LIST]: project.allowedIps?.ips ?? null,
    [PROTECTED_ONLY]: project.allowedIps?.protectedBranchesOnly ?? false,
    ...settingsOfCluster(project.cluster),
  };
}

export function settingsOfBranch(branch: Branch): Settings {
  const { authQuery } = branch;
  return {
    name: branch.name,
    parent_id: branch.parentId ?? null,
    default: branch.isDefault,
    [PROTECTED]: branch.isProtected,
    [LIST]: branch.allowedIps ?? null,
    ...settingsOfUpstream('upstream', branch.upstream),
    [AUTH_QUERY]: authQuery?.role ?? null,
    'auth_query.database': authQuery?.database ?? null,
    'auth_query.query': authQuery?.query ?? null,
    'auth_query.superusers': authQuery?.superusers ?? false,
    'auth_query.replication_roles': authQuery?.replicationRoles ?? false,
    replication: branch.replication,
    [MIN_BITS]: branch.sql.passwordMinBits ?? null,
    'sql.prehashed_passwords': branch.sql.prehashedPasswords,
    'sql.audit': branch.sql.audit,
    'sql.audit_parameters': branch.sql.auditParameters,
    scram_iterations: branch.scramIterations,
    connection_limit: branch.connectionLimit ?? null,
    idle_session_timeout: branch.idleSessionTimeout ?? null,
    max_session_age: branch.maxSessionAge ?? null,
    reset_at: branch.resetAt ?? null,
    client_certificate: branch.clientCertificate,
    client_certificate_role: branch.clientCertificateRole,
    provisioner: branch.provisioner ?? null,
  };
}

export function settingsOfRole(role: Role): Settings {
  const { login } = role.upstream;
  return {
    [LOGIN]: role.verifier !== undefined,
    verifier_unrated: role.verifierUnrated,
    connection_limit: role.connectionLimit ?? null,
    'upstream.role': role.upstream.role ?? null,
    'upstream.login': login === undefined ? 'passthrough' : 'password' in login ? 'password' : 'keys',
  };
}

export function secretsOfProject({ cluster }: Project): Unshown {
  return { 'cluster.password': cluster?.password?.reveal() };
}

export function secretsOfBranch({ authQuery }: Branch): Unshown {
  return { 'auth_query.password': authQuery?.password?.reveal() };
}

export function secretsOfRole({ verifier, upstream: { login } }: Role): Unshown {
  return {
    [VERIFIER]: verifier && formatVerifier(verifier),
    'upstream.login':
      login && ('password' in login ? login.password.reveal() : formatSaltedKeys(login.keys.reveal())),
  };
}

function settingsOfCluster(cluster: Cluster | undefined): Settings {
  if (cluster === undefined) return {};
  return {
    ...settingsOfUpstream('cluster', cluster.upstream),
    'cluster.role': cluster.role,
    // The one that is connected to; names are not mapped here.
    'cluster.database': cluster.database,
    'cluster.provisioner': cluster.provisioner,
    'cluster.parent_sessions': cluster.parentSessions,
  };
}

function settingsOfUpstream(prefix: string, upstream: UpstreamTarget): Settings {
  return {
    [`${prefix}.host`]: upstream.host,
    [`${prefix}.port`]: upstream.port,
    [`${prefix}.sslmode`]: upstream.sslmode,
    [`${prefix}.sslrootcert`]: upstream.sslrootcert === undefined ? null : hashOf(upstream.sslrootcert),
    [`${prefix}.require_auth`]: [...upstream.requireAuth].toSorted(),
    [`${prefix}.channel_binding`]: upstream.channelBinding,
    [`${prefix}.proxy_protocol`]: upstream.proxyProtocol,
    [`${prefix}.database`]:
      upstream.database === undefined
        ? null
        : [...upstream.database].map(([ours, theirs]) => `${ours} → ${theirs}`).toSorted(),
  };
}

/** Certificates are public, and long. */
function hashOf(text: string): string {
  return `SHA-256 ${createHash('sha256').update(text).digest('hex')}`;
}
