import type { Project, ProjectAllowedIps, Role, UpstreamLogin } from '../catalog/model.ts';
import type { BranchRef } from '../catalog/snapshot.ts';
import { upstreamRole } from '../catalog/upstream-names.ts';
import type { Listing } from './output.ts';

/** How projects, branches and roles are shown, in the Neon API's field names. Never a verifier or a password. */

export interface ShownProject {
  readonly id: string;
  readonly name?: string;
  readonly settings: { readonly allowed_ips?: ShownList };
  readonly branches: number;
}

interface ShownList {
  readonly ips: readonly string[];
  readonly protected_branches_only: boolean;
}

export function shownProject({ id, name, allowedIps, branches }: Project): ShownProject {
  return {
    id,
    ...(name !== undefined && { name }),
    settings: allowedIps === undefined ? {} : { allowed_ips: shownList(allowedIps) },
    branches: branches.length,
  };
}

function shownList({ ips, protectedBranchesOnly }: ProjectAllowedIps): ShownList {
  return { ips, protected_branches_only: protectedBranchesOnly };
}

export const PROJECTS: Listing<ShownProject> = {
  columns: {
    ID: ({ id }) => id,
    NAME: ({ name }) => name,
    BRANCHES: ({ branches }) => branches,
    'ALLOWED IPS': ({ settings }) => settings.allowed_ips?.ips.length ?? 'everyone',
  },
  nothing: 'there is no project',
};

export interface ShownBranch {
  readonly id: string;
  readonly project_id: string;
  readonly parent_id?: string;
  readonly name: string;
  readonly default: boolean;
  readonly protected: boolean;
  readonly endpoints: readonly string[];
  readonly allowed_ips?: readonly string[];
  readonly upstream: {
    readonly host: string;
    readonly port: number;
    readonly database?: Readonly<Record<string, string>>;
  };
}

export function shownBranch({ project, branch }: BranchRef): ShownBranch {
  const { host, port, database } = branch.upstream;
  return {
    id: branch.id,
    project_id: project.id,
    ...(branch.parentId !== undefined && { parent_id: branch.parentId }),
    name: branch.name,
    default: branch.isDefault,
    protected: branch.isProtected,
    endpoints: branch.endpoints,
    ...(branch.allowedIps !== undefined && { allowed_ips: branch.allowedIps }),
    upstream: { host, port, ...(database !== undefined && { database: Object.fromEntries(database) }) },
  };
}

export const BRANCHES: Listing<ShownBranch> = {
  columns: {
    ID: ({ id }) => id,
    NAME: ({ name }) => name,
    DEFAULT: (branch) => yes(branch.default),
    PROTECTED: (branch) => yes(branch.protected),
    PARENT: ({ parent_id }) => parent_id,
    ENDPOINTS: ({ endpoints }) => endpoints.join(', '),
    UPSTREAM: ({ upstream }) => `${upstream.host}:${upstream.port}`,
  },
  nothing: 'there is no branch',
};

export interface ShownRole {
  readonly branch_id: string;
  readonly name: string;
  readonly login: boolean;
  /** Whether the verifier was given as it is: nobody knows how strong its password is. */
  readonly verifier_unrated: boolean;
  readonly upstream_role: string;
  /** By the client's own proof, or by SCRAM keys or a password of its own. */
  readonly upstream_login: 'passthrough' | 'keys' | 'password';
  /** A new one, this once. */
  readonly password?: string;
}

export function shownRole(branchId: string, role: Role): ShownRole {
  const { name, verifier, verifierUnrated, upstream } = role;
  return {
    branch_id: branchId,
    name,
    login: verifier !== undefined,
    verifier_unrated: verifierUnrated,
    upstream_role: upstreamRole(role),
    upstream_login: shownLogin(upstream.login),
  };
}

function shownLogin(login: UpstreamLogin | undefined): ShownRole['upstream_login'] {
  if (login === undefined) return 'passthrough';
  return 'keys' in login ? 'keys' : 'password';
}

export const ROLES: Listing<ShownRole> = {
  columns: {
    NAME: ({ name }) => name,
    LOGIN: ({ login }) => yes(login),
    UNRATED: ({ verifier_unrated }) => yes(verifier_unrated),
    'UPSTREAM ROLE': ({ upstream_role }) => upstream_role,
    'UPSTREAM LOGIN': ({ upstream_login }) => upstream_login,
  },
  nothing: 'the branch has no role',
};

function yes(flag: boolean): string {
  return flag ? 'yes' : 'no';
}
