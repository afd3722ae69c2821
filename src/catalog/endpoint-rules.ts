import type { CatalogEvent } from './events.ts';
import { type CatalogState, shown } from './find.ts';
import { type Fresh, freshEndpointId } from './fresh.ts';
import { foldCase } from './names.ts';
import { Rejected } from './rejection.ts';
import type { BranchRef } from './snapshot.ts';

/** One more name by which clients reach the branch. */
export function createEndpoint(
  { project, branch }: BranchRef,
  state: CatalogState,
  fresh: Fresh,
): CatalogEvent[] {
  const endpoint = freshEndpointId(state, fresh);
  return [{ type: 'endpoint-created', projectId: project.id, branchId: branch.id, endpoint }];
}

/** Not a protected branch's. @param id in any case, as clients may write it. */
export function deleteEndpoint(state: CatalogState, id: string): CatalogEvent[] {
  const endpoint = foldCase(id);
  for (const project of state) {
    const branch = project.branches.find(({ endpoints }) => endpoints.includes(endpoint));
    if (branch === undefined) continue;
    if (branch.isProtected) {
      throw new Rejected(
        `endpoint ${endpoint} cannot be deleted: branch ${shown(branch.name)} is protected; lift it with branches unprotect ${shown(branch.name)}`,
      );
    }
    return [{ type: 'endpoint-deleted', projectId: project.id, branchId: branch.id, endpoint }];
  }
  throw new Rejected(`there is no endpoint ${shown(id)}`);
}
