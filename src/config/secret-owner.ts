/**
 * Whose secret a sealed text is: by ids, so that a new name of a branch changes nothing. It is sealed for this one
 * and opens for no other, whoever puts it elsewhere in the file. No two owners have one text: no `/` is in an id.
 */
export type SecretOwner =
  | `role ${string}/${string}/${string}`
  | `auth_query ${string}/${string}`
  | `cluster ${string}`;

/** A role's login upstream. */
export function roleSecret(projectId: string, branchId: string, role: string): SecretOwner {
  return `role ${projectId}/${branchId}/${role}`;
}

/** The password of a branch's auth_query. */
export function authQuerySecret(projectId: string, branchId: string): SecretOwner {
  return `auth_query ${projectId}/${branchId}`;
}

/** The password of a project's cluster. */
export function clusterSecret(projectId: string): SecretOwner {
  return `cluster ${projectId}`;
}
