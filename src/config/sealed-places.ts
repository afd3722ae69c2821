import { outlineOf } from './catalog-outline.ts';
import { isSealed } from './sealed.ts';
import { authQuerySecret, clusterSecret, roleSecret, type SecretOwner } from './secret-owner.ts';
import type { Path } from './yaml-document.ts';

/** A sealed text of a catalog. */
export interface SealedPlace {
  readonly path: Path;
  readonly owner: SecretOwner;
  readonly text: string;
}

/**
 * Every sealed text that stands where a secret may, in a catalog's value, which may be broken elsewhere. What has no
 * owner, for want of an id, is left out.
 */
export function sealedPlaces(catalog: unknown): SealedPlace[] {
  return outlineOf(catalog).projects.flatMap(({ id, cluster, branches }, index) => {
    if (id === undefined) return [];
    const path: Path = ['projects', index];
    return [
      ...sealedAt([...path, 'cluster', 'password'], clusterSecret(id), cluster?.password),
      ...branches.flatMap((branch, place) => ofBranch([...path, 'branches', place], id, branch)),
    ];
  });
}

type BranchOutline = ReturnType<typeof outlineOf>['projects'][number]['branches'][number];

function ofBranch(path: Path, projectId: string, { id, auth_query, roles }: BranchOutline): SealedPlace[] {
  if (id === undefined) return [];
  return [
    ...sealedAt([...path, 'auth_query', 'password'], authQuerySecret(projectId, id), auth_query?.password),
    ...roles.flatMap(({ name, upstream }, at) =>
      name === undefined
        ? []
        : sealedAt(
            [...path, 'roles', at, 'upstream', 'password'],
            roleSecret(projectId, id, name),
            upstream?.password,
          ),
    ),
  ];
}

function sealedAt(path: Path, owner: SecretOwner, text: string | undefined): SealedPlace[] {
  return text !== undefined && isSealed(text) ? [{ path, owner, text }] : [];
}
