import { BRANCH_DEFAULTS } from './branch-defaults.ts';
import type { CreateProject } from './commands.ts';
import type { CatalogEvent } from './events.ts';
import { type CatalogState, findProject, listed, shown } from './find.ts';
import { type Fresh, freshBranchId, freshEndpointId, freshProjectId } from './fresh.ts';
import type { Branch } from './model.ts';
import { refuseProvisioned } from './provisioned.ts';
import { Rejected } from './rejection.ts';
import { checkBranchName, checkPostgresName, checkProjectId, checkProjectName } from './valid-names.ts';

/** A project begins with one branch, its default. */
export function createProject(state: CatalogState, command: CreateProject, fresh: Fresh): CatalogEvent[] {
  const { name, branchName, upstream } = command;
  const id = command.id ?? freshProjectId(state, fresh);
  checkProjectId(id);
  if (name !== undefined) checkProjectName(name);
  checkBranchName(branchName);
  checkDatabases(upstream.target.database);
  if (state.some((project) => project.id === id))
    throw new Rejected(`project ${shown(id)} is there already: choose another id`);
  const branch: Branch = {
    ...BRANCH_DEFAULTS,
    id: freshBranchId(state, fresh),
    name: branchName,
    isDefault: true,
    endpoints: [freshEndpointId(state, fresh)],
    upstream: upstream.target,
  };
  const project = { id, name, allowedIps: undefined, cluster: undefined, branches: [branch] };
  return [{ type: 'project-created', project, upstream }];
}

export function deleteProject(state: CatalogState, id: string | undefined): CatalogEvent[] {
  const project = findProject(state, id);
  const kept = project.branches.filter(({ isProtected }) => isProtected).map(({ name }) => name);
  if (kept.length > 0) {
    const are = kept.length === 1 ? 'is' : 'are';
    throw new Rejected(
      `project ${project.id} cannot be deleted: ${listed(kept)} ${are} protected; lift it with branches unprotect ${shown(kept[0] ?? '')}`,
    );
  }
  refuseProvisioned(project);
  return [{ type: 'project-deleted', projectId: project.id }];
}

export function checkDatabases(database: ReadonlyMap<string, string> | undefined): void {
  for (const [name, target] of database ?? []) {
    checkPostgresName(name, 'database');
    checkPostgresName(target, 'database');
  }
  if (database?.size === 0) throw new Rejected('a database map must not be empty', 'wish');
}
