import type { CatalogState } from '../catalog/find.ts';
import type { Role } from '../catalog/model.ts';
import type { BranchRef } from '../catalog/snapshot.ts';
import { branchSharing, upstreamRole } from '../catalog/upstream-names.ts';
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
  const sharing = branchSharing(state, place.branch, role);
  if (sharing !== undefined) {
    return {
      warning: `role ${role.name} of branch ${on} has no login upstream, where ${upstreamRole(role)} is also branch ${sharing.name}'s: give it one with roles set-upstream`,
    };
  }
  return { sql: `ALTER ROLE ${identifier(upstreamRole(role))} PASSWORD '${formatVerifier(role.verifier)}';` };
}

/** As quote_ident(), always in quotes (PostgreSQL manual, 4.1.1). */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
