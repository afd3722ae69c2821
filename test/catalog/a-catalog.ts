import {
  type Branch,
  DEFAULT_SQL_RULES,
  type Project,
  type UpstreamTarget,
} from '../../src/catalog/model.ts';

/** Parts of the catalog for tests: what a test does not say is as simple as it can be. */
export function aProject(
  id: string,
  branches: readonly Branch[],
  allowedIps?: Project['allowedIps'],
): Project {
  return { id, name: undefined, allowedIps, cluster: undefined, branches };
}

export function aBranch(id: string, other: Partial<Branch> = {}): Branch {
  return {
    id,
    name: id,
    parentId: undefined,
    isDefault: false,
    isProtected: false,
    endpoints: [],
    allowedIps: undefined,
    upstream: anUpstream(),
    roles: [],
    authQuery: undefined,
    replication: false,
    scramIterations: 4096,
    connectionLimit: undefined,
    idleSessionTimeout: undefined,
    maxSessionAge: undefined,
    resetAt: undefined,
    clientCertificate: 'optional',
    clientCertificateRole: 'off',
    sql: DEFAULT_SQL_RULES,
    provisioner: undefined,
    ...other,
  };
}

export function anUpstream(other: Partial<UpstreamTarget> = {}): UpstreamTarget {
  return {
    host: 'db.internal',
    port: 5432,
    sslmode: 'verify-full',
    sslrootcert: undefined,
    requireAuth: new Set(['scram-sha-256']),
    channelBinding: 'prefer',
    proxyProtocol: 'off',
    database: undefined,
    ...other,
  };
}
