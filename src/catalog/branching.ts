import { refuseParent, refuseProtected, refuseTaken } from './branch-rules.ts';
import type { CreateBranch } from './commands.ts';
import type { CatalogEvent } from './events.ts';
import { branchOf, type CatalogState, findProject, shown } from './find.ts';
import { type Fresh, freshBranchId, freshEndpointId, freshVerifier } from './fresh.ts';
import type { Branch, Role, UpstreamTarget } from './model.ts';
import { clusterKey } from './names.ts';
import { checkDatabases } from './project-rules.ts';
import {
  databasesAnew,
  provisionerFor,
  refuseSharedRoles,
  upstreamAfter,
  upstreamOfCopy,
} from './provisioned.ts';
import { Rejected } from './rejection.ts';
import type { BranchRef } from './snapshot.ts';
import { checkBranchName } from './valid-names.ts';

/**
 * A branch is made after its parent, its policy included: a copy of the data must not stand behind a weaker gate.
 * Protection and being the default are the parent's own.
 */
export function createBranch(state: CatalogState, command: CreateBranch, fresh: Fresh): CatalogEvent[] {
  const project = findProject(state, command.project);
  const parent = branchOf(project, command.parent);
  const id = freshBranchId(state, fresh);
  const name = command.name ?? id;
  checkBranchName(name);
  refuseTaken(project, name);
  checkDatabases(command.database);
  checkDatabases(command.upstream?.target.database);
  const provisioner = givesUpstream(command) ? undefined : provisionerFor(project, parent);
  if (provisioner !== undefined) refuseSharedRoles(parent);
  const upstream =
    provisioner === undefined ? upstreamOf(parent, command) : upstreamOfCopy(parent, id, fresh.databases);
  const elsewhere = clusterKey(upstream) !== clusterKey(parent.upstream);
  const madeFor = provisioner === undefined ? undefined : id;
  const branch: Branch = {
    ...parent,
    id,
    name,
    parentId: parent.id,
    isDefault: false,
    isProtected: false,
    resetAt: undefined,
    endpoints: [freshEndpointId(state, fresh)],
    upstream,
    roles: parent.roles.map((role) => inherited(role, { parent, elsewhere, madeFor }, fresh)),
    // It would let the parent's passwords in, or show its own to another server.
    authQuery: parent.isProtected || elsewhere || madeFor !== undefined ? undefined : parent.authQuery,
    provisioner,
  };
  return [{ type: 'branch-created', projectId: project.id, branch, upstream: command.upstream }];
}

/** Roles of the parent for which a branch made from it now, or reset to it, needs passwords of its own. */
export function rolesToRenew(parent: Branch, kept: readonly Role[] = []): string[] {
  if (!parent.isProtected) return [];
  return parent.roles
    .filter(({ name, verifier }) => verifier !== undefined && kept.every((role) => role.name !== name))
    .map(({ name }) => name);
}

/** The parent's roles again; those that the branch has already keep the branch's own passwords. */
export function resetBranch({ project, branch }: BranchRef, fresh: Fresh): CatalogEvent[] {
  refuseProtected(branch, 'reset');
  const parent = parentOf({ project, branch });
  refuseParent(project, branch, 'reset');
  const at = { projectId: project.id, branchId: branch.id };
  const elsewhere = clusterKey(branch.upstream) !== clusterKey(parent.upstream);
  const madeFor = branch.provisioner === undefined ? undefined : branch.id;
  if (madeFor !== undefined) refuseSharedRoles(parent);
  const database = madeFor === undefined ? undefined : databasesAnew(branch, parent, fresh);
  const had = new Set(branch.roles.map(({ name }) => name));
  const has = new Set(parent.roles.map(({ name }) => name));
  return [
    ...branch.roles
      .filter(({ name }) => !has.has(name))
      .map(({ name }) => ({ type: 'role-deleted', ...at, role: name }) as const),
    ...parent.roles
      .filter(({ name }) => !had.has(name))
      .map((role) => {
        const made = inherited(role, { parent, elsewhere, madeFor }, fresh);
        return { type: 'role-created', ...at, role: made, from: parent.id } as const;
      }),
    { type: 'branch-reset', ...at, resetAt: fresh.now.getTime(), database },
  ];
}

export function parentOf({ project, branch }: BranchRef): Branch {
  const parent = project.branches.find(({ id }) => id === branch.parentId);
  if (parent !== undefined) return parent;
  throw new Rejected(`branch ${shown(branch.name)} cannot be reset: it has no parent; make it from one`);
}

/**
 * From a protected branch a role comes with a new password, from another with the same verifier, which is the
 * same secret. A login that was sealed for one server is not shown to another.
 */
function inherited(role: Role, { parent, elsewhere, madeFor }: Inheritance, fresh: Fresh): Role {
  const renewed = parent.isProtected && role.verifier !== undefined;
  return {
    ...role,
    verifier: renewed ? freshVerifier(role.name, fresh) : role.verifier,
    verifierUnrated: role.verifierUnrated && !renewed,
    upstream: madeFor === undefined ? upstreamFrom(role, elsewhere) : upstreamAfter(role, parent, madeFor),
  };
}

interface Inheritance {
  readonly parent: Branch;
  /** Whether the branch lies on another server. */
  readonly elsewhere: boolean;
  /** The branch's id where we make its roles. */
  readonly madeFor: string | undefined;
}

function upstreamFrom({ upstream }: Role, elsewhere: boolean): Role['upstream'] {
  return elsewhere ? { role: undefined, login: undefined } : upstream;
}

/** Whoever says where the data lie has them already. */
function givesUpstream({ upstream, database }: CreateBranch): boolean {
  return upstream !== undefined || database !== undefined;
}

/** The branch that is to be copied, where only the cluster knows which databases it has; else undefined. */
export function databasesWanted(state: CatalogState, command: CreateBranch): BranchRef | undefined {
  const project = findProject(state, command.project);
  const branch = branchOf(project, command.parent);
  if (givesUpstream(command) || branch.upstream.database !== undefined) return undefined;
  return provisionerFor(project, branch) === undefined ? undefined : { project, branch };
}

function upstreamOf(parent: Branch, { upstream, database }: CreateBranch): UpstreamTarget {
  const target = upstream?.target ?? parent.upstream;
  return database === undefined ? target : { ...target, database };
}
