import { DEFAULT_ITERATIONS } from '../scram/verifier.ts';
import type { CreateProject } from './commands.ts';
import type { CatalogEvent } from './events.ts';
import { type CatalogState, findProject, listed, shown } from './find.ts';
import { type Fresh, freshBranchId, freshEndpointId, freshProjectId } from './fresh.ts';
import { type Branch, DEFAULT_SQL_RULES } from './model.ts';
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
    id: freshBranchId(state, fresh),
    name: branchName,
    parentId: undefined,
    isDefault: true,
    isProtected: false,
    endpoints: [freshEndpointId(state, fresh)],
    allowedIps: undefined,
    upstream: upstream.target,
    roles: [],
    authQuery: undefined,
    replication: false,
    scramIterations: DEFAULT_ITERATIONS,
    connectionLimit: undefined,
    idleSessionTimeout: undefined,
    maxSessionAge: undefined,
    resetAt: undefined,
    clientCertificate: 'optional',
    clientCertificateRole: 'off',
    sql: DEFAULT_SQL_RULES,
    provisioner: undefined,
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
