import type { CatalogEvent } from '../catalog/events.ts';
import type { CatalogState } from '../catalog/find.ts';
import type { Branch, Project, Role } from '../catalog/model.ts';
import { clusterKey } from '../catalog/names.ts';
import { branchSharing, upstreamRole } from '../catalog/upstream-names.ts';
import { ProvisionError } from './error.ts';
import type { Intents } from './ports.ts';
import { identifier, nameArray } from './quoting.ts';
import { makeRoles, openLogin, setVerifier } from './role-sql.ts';
import type { ServerSession } from './server.ts';
import { markedRoles } from './survey.ts';

interface RoleTools {
  readonly intents: Intents;
  readonly open: (project: Project, branch: Branch) => Promise<ServerSession>;
}

interface Subject {
  readonly project: Project;
  readonly branch: Branch;
  readonly role: Role;
}

/** A role, and what is about to become of it. */
export interface Concern extends Subject {
  readonly deleted: boolean;
}

/** Roles of which the cluster is to know what the catalog is about to say. */
export function rolesConcerned(
  events: readonly CatalogEvent[],
  { before, after }: { readonly before: CatalogState; readonly after: CatalogState },
): Concern[] {
  return events.flatMap((event) => {
    const deleted = event.type === 'role-deleted';
    const subject = subjectOf(event, deleted ? before : after);
    return subject !== undefined && isOurs(event, subject, before) ? [{ ...subject, deleted }] : [];
  });
}

/**
 * Gives the cluster what the catalog is about to say of a role. One that is deleted is closed only once the catalog has
 * let it go.
 */
export async function changeRole(concern: Concern, { intents, open }: RoleTools): Promise<void> {
  const { project, branch, role, deleted } = concern;
  using session = await open(project, branch);
  await intents.keep({ project: project.id, branch: branch.id, databases: [], roles: [upstreamRole(role)] });
  if (!deleted) await give(session, concern);
}

/** A role of a branch that we made; and a new password wherever the client's own proof logs in, as nobody else. */
function isOurs({ type }: CatalogEvent, { project, branch, role }: Subject, state: CatalogState): boolean {
  if (role.upstream.login !== undefined || project.cluster === undefined) return false;
  if (branch.provisioner !== undefined) return true;
  if (type !== 'password-reset') return false;
  if (clusterKey(branch.upstream) !== clusterKey(project.cluster.upstream)) return false;
  return branchSharing(state, branch, role) === undefined;
}

async function give(session: ServerSession, { branch, role }: Subject): Promise<void> {
  const name = upstreamRole(role);
  const there = await session.texts(
    `SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY (${nameArray([name])})`,
  );
  const { verifier } = role;
  if (branch.provisioner === undefined) {
    if (verifier !== undefined && there.length > 0) await session.run(setVerifier(name, verifier));
    return;
  }
  const databases = [...(branch.upstream.database?.values() ?? [])].map(identifier).join(', ');
  const enters =
    databases === '' ? [] : [`GRANT CONNECT, TEMPORARY ON DATABASE ${databases} TO ${identifier(name)}`];
  const made = makeRoles([{ name, verifier, after: undefined }], branch.id, session.facts);
  if (there.length === 0) return void (await session.run([...made, ...enters].join(';\n')));
  // One that was deleted earlier comes back; one that is somebody else's is left alone.
  if (!(await markedRoles(session, branch.id)).includes(name))
    throw new ProvisionError(`role ${name} is on the cluster already: drop or rename it there`);
  if (verifier !== undefined) await session.run([openLogin(name, verifier), ...enters].join(';\n'));
}

function subjectOf(event: CatalogEvent, state: CatalogState): Subject | undefined {
  if (event.type !== 'role-created' && event.type !== 'role-deleted' && event.type !== 'password-reset')
    return undefined;
  const name = event.type === 'role-created' ? event.role.name : event.role;
  const project = state.find(({ id }) => id === event.projectId);
  const branch = project?.branches.find(({ id }) => id === event.branchId);
  const role = branch?.roles.find((each) => each.name === name);
  if (project === undefined || branch === undefined || role === undefined) return undefined;
  return { project, branch, role };
}
