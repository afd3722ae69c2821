import { refuseParent, refuseProtected, refuseTaken } from './branch-rules.ts';
import type { CreateBranch } from './commands.ts';
import type { CatalogEvent } from './events.ts';
import { branchOf, type CatalogState, findProject, shown } from './find.ts';
import { type Fresh, freshBranchId, freshEndpointId, freshVerifier } from './fresh.ts';
import type { Branch, Role, UpstreamTarget } from './model.ts';
import { clusterKey } from './names.ts';
import { checkDatabases } from './project-rules.ts';
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
  const upstream = upstreamOf(parent, command);
  const elsewhere = clusterKey(upstream) !== clusterKey(parent.upstream);
  const branch: Branch = {
    ...parent,
    id,
    name,
    parentId: parent.id,
    isDefault: false,
    isProtected: false,
    endpoints: [freshEndpointId(state, fresh)],
    upstream,
    roles: parent.roles.map((role) => inherited(role, { parent, elsewhere }, fresh)),
    // It would let the parent's passwords in, or show its own to another server.
    authQuery: parent.isProtected || elsewhere ? undefined : parent.authQuery,
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
  const had = new Set(branch.roles.map(({ name }) => name));
  const has = new Set(parent.roles.map(({ name }) => name));
  return [
    ...branch.roles
      .filter(({ name }) => !has.has(name))
      .map(({ name }) => ({ type: 'role-deleted', ...at, role: name }) as const),
    ...parent.roles
      .filter(({ name }) => !had.has(name))
      .map((role) => {
        const made = inherited(role, { parent, elsewhere }, fresh);
        return { type: 'role-created', ...at, role: made, from: parent.id } as const;
      }),
    { type: 'branch-reset', ...at },
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
function inherited(
  role: Role,
  { parent, elsewhere }: { readonly parent: Branch; readonly elsewhere: boolean },
  fresh: Fresh,
): Role {
  const renewed = parent.isProtected && role.verifier !== undefined;
  return {
    ...role,
    verifier: renewed ? freshVerifier(role.name, fresh) : role.verifier,
    upstream: elsewhere ? { role: undefined, password: undefined } : role.upstream,
  };
}

function upstreamOf(parent: Branch, { upstream, database }: CreateBranch): UpstreamTarget {
  const target = upstream?.target ?? parent.upstream;
  return database === undefined ? target : { ...target, database };
}
