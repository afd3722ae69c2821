import type { Branch, Project, Role, UpstreamTarget } from '../catalog/model.ts';
import type { WrittenBranch, WrittenProject } from './catalog-schema.ts';

/** A project as the rest of the gateway knows it. */
export function toProject({ id, name, settings, branches }: WrittenProject): Project {
  const list = settings.allowed_ips;
  return {
    id,
    name,
    allowedIps: list && { ips: list.ips, protectedBranchesOnly: list.protected_branches_only },
    branches: branches.map(toBranch),
  };
}

function toBranch(written: WrittenBranch): Branch {
  const query = written.auth_query;
  return {
    id: written.id,
    name: written.name,
    parentId: written.parent_id,
    isDefault: written.default,
    isProtected: written.protected,
    endpoints: written.endpoints.map(({ id }) => id),
    allowedIps: written.allowed_ips?.ips,
    upstream: toTarget(written.upstream),
    roles: written.roles.map(toRole),
    authQuery: query && {
      role: query.role,
      password: query.password,
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
    clientCertificate: written.client_certificate,
    clientCertificateRole: written.client_certificate_role,
  };
}

export function toTarget(written: WrittenBranch['upstream']): UpstreamTarget {
  return {
    host: written.host,
    port: written.port,
    sslmode: written.sslmode ?? (written.host.startsWith('/') ? 'disable' : 'verify-full'),
    sslrootcert: written.sslrootcert?.pem,
    requireAuth: new Set(written.require_auth),
    channelBinding: written.channel_binding,
    proxyProtocol: written.proxy_protocol,
    database: written.database && new Map(Object.entries(written.database)),
  };
}

function toRole({
  name,
  verifier,
  no_login,
  upstream,
  connection_limit,
}: WrittenBranch['roles'][number]): Role {
  return {
    name,
    verifier: no_login ? undefined : verifier,
    connectionLimit: connection_limit,
    upstream: { role: upstream.role, password: upstream.password },
  };
}
