import { shown } from './find.ts';
import type { Fresh } from './fresh.ts';
import type { Branch, Project, Role, UpstreamTarget } from './model.ts';
import { clusterKey } from './names.ts';
import { Rejected } from './rejection.ts';
import { originalName, upstreamNameOf, upstreamRole } from './upstream-names.ts';

/** Branches whose databases and roles we make on the project's cluster. */

/** Hex digits that tell a reset's copies from the earlier ones. */
const COPY_DIGITS = 8;

/**
 * How a branch of this parent is made; undefined: it is there already, as the project has no cluster for it.
 * @throws Rejected where the parent lies elsewhere.
 */
export function provisionerFor({ cluster }: Project, parent: Branch): Branch['provisioner'] {
  if (cluster === undefined || cluster.provisioner === 'external') return undefined;
  if (clusterKey(cluster.upstream) === clusterKey(parent.upstream)) return cluster.provisioner;
  throw new Rejected(
    `branch ${shown(parent.name)} is not on the project’s cluster ${clusterKey(cluster.upstream)}: give --upstream, or mend cluster in catalog.yaml`,
  );
}

/**
 * The parent's upstream, with databases of the branch's own.
 * @param copies names upstream of what is copied, where the parent has no map.
 * @throws Rejected where there is none.
 */
export function upstreamOfCopy(
  parent: Branch,
  id: string,
  copies: readonly string[] | undefined,
): UpstreamTarget {
  const map = parent.upstream.database ?? new Map((copies ?? []).map((name) => [name, name]));
  if (map.size === 0)
    throw new Rejected(
      `branch ${shown(parent.name)} has no database to copy: none belongs to its roles; give it a map (upstream.database) in catalog.yaml`,
    );
  return { ...parent.upstream, database: copiesOf(parent, map, (name) => upstreamNameOf(name, id)) };
}

/** Another copy of the same databases, under names of its own: the catalog goes over from one to the other. */
export function databasesAnew(branch: Branch, parent: Branch, fresh: Fresh): ReadonlyMap<string, string> {
  const copy = fresh
    .randomInt(16 ** COPY_DIGITS)
    .toString(16)
    .padStart(COPY_DIGITS, '0');
  const sources = new Map(
    [...(branch.upstream.database?.keys() ?? [])].map((client) => [
      client,
      parent.upstream.database?.get(client) ?? client,
    ]),
  );
  return copiesOf(parent, sources, (name) => upstreamNameOf(name, branch.id, copy));
}

/** A role of a branch that we made: its own upstream, with the catalog's verifier and no other login. */
export function upstreamOfRole(name: string, branchId: string): Role['upstream'] {
  return { role: upstreamNameOf(name, branchId), login: undefined };
}

/** The same, after a role of the parent. */
export function upstreamAfter(role: Role, parent: Branch, branchId: string): Role['upstream'] {
  return upstreamOfRole(originalName(upstreamRole(role), parent.id), branchId);
}

/** @throws Rejected where roles of a branch are one upstream: a copy has one password. */
export function refuseSharedRoles({ name, roles }: Branch): void {
  const seen = new Map<string, string>();
  for (const role of roles) {
    const upstream = upstreamRole(role);
    const other = seen.get(upstream);
    if (other !== undefined)
      throw new Rejected(
        `roles ${shown(other)} and ${shown(role.name)} of branch ${shown(name)} are one role upstream: part them with roles set-upstream`,
      );
    seen.set(upstream, role.name);
  }
}

/** @throws Rejected where a project has branches whose databases would be left behind. */
export function refuseProvisioned({ id, branches }: Project): void {
  const made = branches.find(({ provisioner }) => provisioner !== undefined);
  if (made === undefined) return;
  throw new Rejected(
    `project ${id} cannot be deleted: the databases of ${shown(made.name)} were made here; branches delete drops them`,
  );
}

function copiesOf(
  parent: Branch,
  sources: ReadonlyMap<string, string>,
  name: (original: string) => string,
): ReadonlyMap<string, string> {
  return new Map([...sources].map(([client, source]) => [client, name(originalName(source, parent.id))]));
}
