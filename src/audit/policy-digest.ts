import { createHmac } from 'node:crypto';
import type { CatalogState } from '../catalog/find.ts';
import type { Branch, Project, Role } from '../catalog/model.ts';
import {
  type BranchDigest,
  type PolicyDigest,
  type ProjectDigest,
  policyDigest,
  type RoleDigest,
} from './policy-model.ts';
import {
  secretsOfBranch,
  secretsOfProject,
  secretsOfRole,
  settingsOfBranch,
  settingsOfProject,
  settingsOfRole,
  type Unshown,
} from './policy-settings.ts';

export type { PolicyDigest } from './policy-model.ts';

/** Of a catalog without projects. */
export const EMPTY_DIGEST: PolicyDigest = { version: 1, projects: [] };

/**
 * @param key secret: whoever has the digest alone must not be able to try passwords on a verifier's fingerprint.
 */
export function digestOf(state: CatalogState, key: Buffer): PolicyDigest {
  return { version: 1, projects: state.map((project) => digestOfProject(project, key)) };
}

/** Reads what `JSON.stringify` made of a digest; undefined for anything else. */
export function parseDigest(text: string): PolicyDigest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return policyDigest.safeParse(value).data;
}

function digestOfProject(project: Project, key: Buffer): ProjectDigest {
  return {
    id: project.id,
    settings: settingsOfProject(project),
    secrets: fingerprints(secretsOfProject(project), [project.id], key),
    branches: project.branches.map((branch) => digestOfBranch(branch, project.id, key)),
  };
}

function digestOfBranch(branch: Branch, projectId: string, key: Buffer): BranchDigest {
  const place = [projectId, branch.id];
  return {
    id: branch.id,
    settings: settingsOfBranch(branch),
    secrets: fingerprints(secretsOfBranch(branch), place, key),
    endpoints: branch.endpoints,
    roles: branch.roles.map((role) => digestOfRole(role, place, key)),
  };
}

function digestOfRole(role: Role, place: readonly string[], key: Buffer): RoleDigest {
  return {
    name: role.name,
    settings: settingsOfRole(role),
    secrets: fingerprints(secretsOfRole(role), [...place, role.name], key),
  };
}

/** The place is hashed with the secret, so that two owners of one secret do not show it. */
function fingerprints(secrets: Unshown, place: readonly string[], key: Buffer): Record<string, string> {
  const known = Object.entries(secrets).flatMap(([name, secret]) =>
    secret === undefined ? [] : [[name, secret] as const],
  );
  return Object.fromEntries(
    known.map(([name, secret]) => [
      name,
      createHmac('sha256', key)
        .update(JSON.stringify([...place, name, secret]))
        .digest('hex'),
    ]),
  );
}
