import type { Branch, Project } from './model.ts';
import { clusterKey } from './names.ts';
import { upstreamRole } from './upstream-names.ts';

/**
 * Names upstream of roles on a branch's cluster whose verifier, keys or password the catalog holds. A password that
 * is changed upstream alone no longer fits what is held here.
 */
export function keptPasswords(projects: readonly Project[], { upstream }: Branch): ReadonlySet<string> {
  const key = clusterKey(upstream);
  const kept = new Set<string>();
  for (const { cluster, branches } of projects) {
    if (cluster?.password !== undefined && clusterKey(cluster.upstream) === key) kept.add(cluster.role);
    for (const branch of branches) if (clusterKey(branch.upstream) === key) addKept(branch, kept);
  }
  return kept;
}

function addKept({ roles, authQuery }: Branch, kept: Set<string>): void {
  if (authQuery?.password !== undefined) kept.add(authQuery.role);
  for (const role of roles)
    if (role.verifier !== undefined || role.upstream.login !== undefined) kept.add(upstreamRole(role));
}
