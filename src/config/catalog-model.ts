import type { Branch, Cluster, Project, Role, RoleUpstream, UpstreamTarget } from '../catalog/model.ts';
import type { WrittenBranch, WrittenProject } from './catalog-schema.ts';
import type { CatalogSecrets } from './catalog-secrets.ts';
import type { WrittenUpstream } from './catalog-upstream.ts';
import { authQuerySecret, clusterSecret, roleSecret } from './secret-owner.ts';

/** A project as the rest of the gateway knows it. */
export function toProject(written: WrittenProject, secrets: CatalogSecrets): Project {
  const { id, name, settings, cluster, branches } = written;
  const list = settings.allowed_ips;
  return {
    id,
    name,
    allowedIps: list && { ips: list.ips, protectedBranchesOnly: list.protected_branches_only },
    cluster: cluster && toCluster(cluster, id, secrets),
    branches: branches.map((branch) => toBranch(branch, id, secrets)),
  };
}

function toCluster(
  written: NonNullable<WrittenProject['cluster']>,
  projectId: string,
  secrets: CatalogSecrets,
): Cluster {
  const { role, password, database, provisioner, parent_sessions } = written;
  return {
    upstream: toTarget(written, undefined),
    role,
    password: password && secrets.secret(password, clusterSecret(projectId)),
    database,
    provisioner,
    parentSessions: parent_sessions,
  };
}

function toBranch(written: WrittenBranch, projectId: string, secrets: CatalogSecrets): Branch {
  const query = written.auth_query;
  return {
    id: written.id,
    name: written.name,
    parentId: written.parent_id,
    isDefault: written.default,
    isProtected: written.protected,
    endpoints: written.endpoints.map(({ id }) => id),
    allowedIps: written.allowed_ips?.ips,
    upstream: toTarget(written.upstream, written.upstream.database),
    roles: written.roles.map((role) => {
      const { password } = role.upstream;
      const login = password && secrets.login(password, roleSecret(projectId, written.id, role.name));
      return toRole(role, login);
    }),
    authQuery: query && {
      role: query.role,
      password: query.password && secrets.secret(query.password, authQuerySecret(projectId, written.id)),
      database: query.database,
      query: query.query,
      superusers: query.superusers,
      replicationRoles: query.replication_roles,
    },
    replication: written.replication,
    scramIterations: written.scram_iterations,
    connectionLimit: written.connection_limit,
    idleSessionTimeout: written.idle_session_timeout,
    maxSessionAge: written.max_session_age,
    resetAt: written.reset_at,
    clientCertificate: written.client_certificate,
    clientCertificateRole: written.client_certificate_role,
    sql: {
      passwordMinBits: written.sql.password_min_bits === 'off' ? undefined : written.sql.password_min_bits,
      prehashedPasswords: written.sql.prehashed_passwords,
      audit: written.sql.audit,
      auditParameters: written.sql.audit_parameters,
    },
    provisioner: written.provisioner,
  };
}

export function toTarget(
  written: WrittenUpstream,
  database: Readonly<Record<string, string>> | undefined,
): UpstreamTarget {
  return {
    host: written.host,
    port: written.port,
    sslmode: written.sslmode ?? (written.host.startsWith('/') ? 'disable' : 'verify-full'),
    sslrootcert: written.sslrootcert?.pem,
    requireAuth: new Set(written.require_auth),
    channelBinding: written.channel_binding,
    proxyProtocol: written.proxy_protocol,
    database: database && new Map(Object.entries(database)),
  };
}

function toRole(written: WrittenBranch['roles'][number], login: RoleUpstream['login']): Role {
  const { name, verifier, verifier_unrated, no_login, upstream, connection_limit } = written;
  return {
    name,
    verifier: no_login ? undefined : verifier,
    verifierUnrated: verifier_unrated && !no_login,
    connectionLimit: connection_limit,
    upstream: { role: upstream.role, login },
  };
}
