import { parseSaltedKeys } from '../scram/salted-keys.ts';
import type { Verifier } from '../scram/verifier.ts';
import type { SetPassword, SetUpstream } from './commands.ts';
import type { CatalogEvent } from './events.ts';
import { roleOf, shown } from './find.ts';
import { type Fresh, freshVerifier } from './fresh.ts';
import { upstreamOfRole } from './provisioned.ts';
import { Rejected } from './rejection.ts';
import type { Secret } from './secret.ts';
import type { BranchRef } from './snapshot.ts';
import { checkPostgresName } from './valid-names.ts';

export function createRole(
  { project, branch }: BranchRef,
  command: SetPassword,
  fresh: Fresh,
): CatalogEvent[] {
  const { role: name } = command;
  checkPostgresName(name, 'role');
  if (branch.roles.some((role) => role.name === name)) {
    throw new Rejected(
      `branch ${shown(branch.name)} has a role ${shown(name)} already: roles reset-password gives it a new password`,
    );
  }
  const role = {
    name,
    ...wantedVerifier(command, fresh),
    connectionLimit: undefined,
    upstream:
      branch.provisioner === undefined
        ? { role: undefined, login: undefined }
        : upstreamOfRole(name, branch.id),
  };
  return [{ type: 'role-created', projectId: project.id, branchId: branch.id, role, from: undefined }];
}

export function deleteRole({ project, branch }: BranchRef, name: string): CatalogEvent[] {
  const role = roleOf(branch, name).name;
  return [{ type: 'role-deleted', projectId: project.id, branchId: branch.id, role }];
}

/** As in PostgreSQL, a new password does not give back the right to log in. */
export function resetPassword(
  { project, branch }: BranchRef,
  command: SetPassword,
  fresh: Fresh,
): CatalogEvent[] {
  const { role: name } = command;
  if (roleOf(branch, name).verifier === undefined) {
    throw new Rejected(
      `role ${shown(name)} of branch ${shown(branch.name)} may not log in: remove no_login in the catalog first`,
    );
  }
  const { verifier, verifierUnrated: unrated } = wantedVerifier(command, fresh);
  const at = { projectId: project.id, branchId: branch.id, role: name };
  return [{ type: 'password-reset', ...at, verifier, unrated }];
}

/** One that was given as it is has its mark until another takes its place. */
function wantedVerifier(
  { role, login }: SetPassword,
  fresh: Fresh,
): { readonly verifier: Verifier; readonly verifierUnrated: boolean } {
  return login !== undefined && 'verifier' in login
    ? { verifier: login.verifier, verifierUnrated: true }
    : { verifier: freshVerifier(role, fresh), verifierUnrated: false };
}

export function setUpstream({ project, branch }: BranchRef, command: SetUpstream): CatalogEvent[] {
  const known = roleOf(branch, command.role);
  if (command.upstreamRole !== undefined) checkPostgresName(command.upstreamRole, 'role');
  if (command.login !== undefined && 'password' in command.login) refuseKeys(command.login.password);
  const upstream = { role: command.upstreamRole ?? known.upstream.role, login: command.login };
  return [{ type: 'upstream-set', projectId: project.id, branchId: branch.id, role: known.name, upstream }];
}

/** Sealed, it would be taken for keys. */
function refuseKeys(password: Secret): void {
  if (parseSaltedKeys(password.reveal()) !== undefined)
    throw new Rejected('a password may not have the form of SCRAM keys: set another upstream', 'wish');
}
