import type { CatalogState } from '../catalog/find.ts';
import type { Role } from '../catalog/model.ts';
import { clusterKey } from '../catalog/names.ts';
import type { BranchRef } from '../catalog/snapshot.ts';
import { printable } from '../observe/printable.ts';
import { formatVerifier } from '../scram/verifier.ts';
import { table } from './table.ts';

/** New passwords for people, the only time that they are seen; nothing where there are none. */
export function passwordTable(passwords: ReadonlyMap<string, string>): string {
  if (passwords.size === 0) return '';
  const rows = table(
    ['ROLE', 'PASSWORD'],
    [...passwords].map(([role, password]) => [printable(role), password]),
  );
  return `\nNew passwords, shown this once:\n${rows}`;
}

/** What a new password means for the login upstream. */
export type UpstreamMend =
  /** The upstream needs the same verifier; this statement gives it, without the password in it. */
  | { readonly sql: string }
  /** Nobody may do that: the upstream's role is another branch's too. */
  | { readonly warning: string };

/** @returns undefined where the role has a login upstream of its own, which stays. */
export function upstreamMend(state: CatalogState, place: BranchRef, role: Role): UpstreamMend | undefined {
  if (role.upstream.login !== undefined || role.verifier === undefined) return undefined;
  const { name: on } = place.branch;
  const sharing = branchSharing(state, place, role);
  if (sharing !== undefined) {
    return {
      warning: `role ${role.name} of branch ${on} has no login upstream, where ${upstreamName(role)} is also branch ${sharing}'s: give it one with roles set-upstream`,
    };
  }
  return { sql: `ALTER ROLE ${identifier(upstreamName(role))} PASSWORD '${formatVerifier(role.verifier)}';` };
}

function branchSharing(state: CatalogState, { branch }: BranchRef, role: Role): string | undefined {
  const cluster = clusterKey(branch.upstream);
  const others = state.flatMap(({ branches }) => branches).filter(({ id }) => id !== branch.id);
  return others.find(
    (other) =>
      clusterKey(other.upstream) === cluster &&
      other.roles.some((each) => upstreamName(each) === upstreamName(role)),
  )?.name;
}

function upstreamName({ name, upstream }: Role): string {
  return upstream.role ?? name;
}

/** As quote_ident(), always in quotes (PostgreSQL manual, 4.1.1). */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
