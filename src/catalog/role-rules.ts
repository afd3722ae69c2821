import type { SetUpstream } from './commands.ts';
import type { CatalogEvent } from './events.ts';
import { roleOf, shown } from './find.ts';
import { type Fresh, freshVerifier } from './fresh.ts';
import { Rejected } from './rejection.ts';
import type { BranchRef } from './snapshot.ts';
import { checkPostgresName } from './valid-names.ts';

export function createRole({ project, branch }: BranchRef, name: string, fresh: Fresh): CatalogEvent[] {
  checkPostgresName(name, 'role');
  if (branch.roles.some((role) => role.name === name)) {
    throw new Rejected(
      `branch ${shown(branch.name)} has a role ${shown(name)} already: roles reset-password gives it a new password`,
    );
  }
  const role = {
    name,
    verifier: freshVerifier(name, fresh),
    connectionLimit: undefined,
    upstream: { role: undefined, password: undefined },
  };
  return [{ type: 'role-created', projectId: project.id, branchId: branch.id, role, from: undefined }];
}

export function deleteRole({ project, branch }: BranchRef, name: string): CatalogEvent[] {
  const role = roleOf(branch, name).name;
  return [{ type: 'role-deleted', projectId: project.id, branchId: branch.id, role }];
}

/** As in PostgreSQL, a new password does not give back the right to log in. */
export function resetPassword({ project, branch }: BranchRef, name: string, fresh: Fresh): CatalogEvent[] {
  if (roleOf(branch, name).verifier === undefined) {
    throw new Rejected(
      `role ${shown(name)} of branch ${shown(branch.name)} may not log in: remove no_login in the catalog first`,
    );
  }
  const verifier = freshVerifier(name, fresh);
  return [{ type: 'password-reset', projectId: project.id, branchId: branch.id, role: name, verifier }];
}

export function setUpstream({ project, branch }: BranchRef, command: SetUpstream): CatalogEvent[] {
  const known = roleOf(branch, command.role);
  if (command.upstreamRole !== undefined) checkPostgresName(command.upstreamRole, 'role');
  const upstream = { role: command.upstreamRole ?? known.upstream.role, password: command.password };
  return [{ type: 'upstream-set', projectId: project.id, branchId: branch.id, role: known.name, upstream }];
}
