import type { Branch, Cluster } from '../catalog/model.ts';
import { couldBeNameFor, originalName, upstreamNameOf, upstreamRole } from '../catalog/upstream-names.ts';
import type { Heir } from './adopt.ts';
import { ProvisionError } from './error.ts';
import type { WantedRole } from './role-sql.ts';
import type { ServerSession } from './server.ts';
import { markedRoles, type ParentDatabase, type RoleSurvey, surveyDatabases, takenNames } from './survey.ts';

/** A branch's databases, to be made. */
export interface Making {
  readonly project: string;
  readonly parent: Branch;
  /** As the catalog will have it: with its databases, roles and verifiers. */
  readonly branch: Branch;
  /** Databases that it has now and the catalog will not have any more. */
  readonly outgoing: readonly string[];
  /** Whether sessions on the parent are ended for it. */
  readonly drain: boolean;
  readonly cluster: Cluster;
}

/** A database, and its copy's name. */
export interface Pair {
  readonly from: ParentDatabase;
  readonly to: string;
}

/** Databases to be copied, each once. @throws ProvisionError where one is missing or cannot be entered safely. */
export async function pairsOf(session: ServerSession, { parent, branch }: Making): Promise<Pair[]> {
  // Two names of clients may lead to one database.
  const sources = new Map(
    [...(branch.upstream.database ?? [])].map(([client, to]) => [
      to,
      parent.upstream.database?.get(client) ?? client,
    ]),
  );
  const found = await surveyDatabases(session, [...sources.values()]);
  const fires = found.find(({ hasLoginTrigger }) => hasLoginTrigger);
  if (fires !== undefined && !session.facts.isSuperuser)
    throw new ProvisionError(
      `database ${JSON.stringify(fires.name)} has a login event trigger, which would run as the provisioner: let cluster.role be a superuser, or drop it there and log in once more`,
    );
  return [...sources.keys()].flatMap((to, i) => {
    const from = found[i];
    return from === undefined ? [] : [{ from, to }];
  });
}

/** The roles that have a say in the parent, and what their copies are called. */
export function heirsOf({ roles }: RoleSurvey, { parent, branch }: Making): Heir[] {
  return roles.map(({ name, yields }) => {
    const child = upstreamNameOf(originalName(name, parent.id), branch.id);
    return { parent: name, child, yields };
  });
}

/** The catalog's roles with their verifiers, and all others without a login; not those that the branch has. */
export async function missingRoles(
  session: ServerSession,
  plan: { readonly survey: RoleSurvey; readonly heirs: readonly Heir[]; readonly branch: Branch },
): Promise<WantedRole[]> {
  const { survey, heirs, branch } = plan;
  const there = new Set(await markedRoles(session, branch.id));
  const wanted = new Map<string, WantedRole>();
  for (const role of branch.roles) {
    // A login of its own is not ours to make.
    if (role.upstream.login !== undefined) continue;
    const name = upstreamRole(role);
    wanted.set(name, { name, verifier: role.verifier, after: undefined });
  }
  for (const { parent, child } of heirs) {
    const after = survey.roles.find(({ name }) => name === parent);
    wanted.set(child, { name: child, verifier: wanted.get(child)?.verifier, after });
  }
  return [...wanted.values()].filter(({ name }) => !there.has(name));
}

/** @throws ProvisionError for a name that is somebody else's: it would be dropped where this fails. */
export async function refuseTaken(
  session: ServerSession,
  made: { readonly branch: Branch; readonly roles: readonly string[]; readonly databases: readonly string[] },
): Promise<void> {
  const [taken] = await takenNames(session, made);
  if (taken !== undefined)
    throw new ProvisionError(`${taken} is on the cluster already: drop or rename it, or try again`);
  const odd = [...made.roles, ...made.databases].find((name) => !couldBeNameFor(name, made.branch.id));
  if (odd !== undefined)
    throw new ProvisionError(`${odd} is no name for the branch’s own: roles set-upstream gives it another`);
}
