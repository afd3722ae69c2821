import type { RenameBranch } from './commands.ts';
import type { CatalogEvent } from './events.ts';
import { type CatalogState, findBranch, listed, shown } from './find.ts';
import type { Branch, Project } from './model.ts';
import { Rejected } from './rejection.ts';
import type { BranchRef } from './snapshot.ts';
import { checkBranchName } from './valid-names.ts';

/** Neither protected nor default, and no branch was made from it. */
export function deleteBranch({ project, branch }: BranchRef): CatalogEvent[] {
  refuseProtected(branch, 'deleted');
  if (branch.isDefault) {
    throw new Rejected(
      `branch ${shown(branch.name)} cannot be deleted: it is the default; give that to another with branches set-default`,
    );
  }
  refuseParent(project, branch, 'deleted');
  return [{ type: 'branch-deleted', projectId: project.id, branchId: branch.id }];
}

export function renameBranch({ project, branch }: BranchRef, { name }: RenameBranch): CatalogEvent[] {
  if (branch.name === name) return [];
  checkBranchName(name);
  refuseTaken(project, name);
  return [{ type: 'branch-renamed', projectId: project.id, branchId: branch.id, name }];
}

export function setProtection({ project, branch }: BranchRef, isProtected: boolean): CatalogEvent[] {
  if (branch.isProtected === isProtected) return [];
  return [{ type: 'protection-set', projectId: project.id, branchId: branch.id, isProtected }];
}

export function setDefault({ project, branch }: BranchRef): CatalogEvent[] {
  if (branch.isDefault) return [];
  return [{ type: 'default-set', projectId: project.id, branchId: branch.id }];
}

export function refuseProtected({ name, isProtected }: Branch, done: string): void {
  if (!isProtected) return;
  throw new Rejected(
    `branch ${shown(name)} cannot be ${done}: it is protected; lift it with branches unprotect ${shown(name)}`,
  );
}

export function refuseParent({ branches }: Project, { id, name }: Branch, done: string): void {
  const children = branches.filter(({ parentId }) => parentId === id).map((child) => child.name);
  if (children.length === 0) return;
  throw new Rejected(
    `branch ${shown(name)} cannot be ${done}: ${listed(children)} ${children.length === 1 ? 'was' : 'were'} made from it; delete that first`,
  );
}

export function refuseTaken({ id, branches }: Project, name: string): void {
  if (!branches.some((branch) => branch.name === name)) return;
  throw new Rejected(`project ${id} has a branch ${shown(name)} already: choose another name`);
}

/** A command's branch, which has to be named. */
export function branchIn(
  state: CatalogState,
  { project, branch }: { readonly project?: string | undefined; readonly branch: string },
): BranchRef {
  return findBranch(state, project, branch);
}
