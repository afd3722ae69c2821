import { BRANCH_DEFAULTS } from '../../src/catalog/branch-defaults.ts';
import type { AuthQuery, Branch, Project, UpstreamTarget } from '../../src/catalog/model.ts';

/** Parts of the catalog for tests: what a test does not say is as simple as it can be. */
export function aProject(
  id: string,
  branches: readonly Branch[],
  allowedIps?: Project['allowedIps'],
): Project {
  return { id, name: undefined, allowedIps, cluster: undefined, branches };
}

export function aBranch(id: string, other: Partial<Branch> = {}): Branch {
  return { ...BRANCH_DEFAULTS, id, name: id, upstream: anUpstream(), ...other };
}

export function anAuthQuery(): AuthQuery {
  return {
    role: 'asker',
    password: undefined,
    database: 'postgres',
    query: undefined,
    superusers: false,
    replicationRoles: false,
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
