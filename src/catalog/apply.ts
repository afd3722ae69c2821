import type { CatalogEvent } from './events.ts';
import type { CatalogState } from './find.ts';
import type { Branch, Project, Role } from './model.ts';

type Of<Type extends CatalogEvent['type']> = Extract<CatalogEvent, { readonly type: Type }>;

/** The state after an event; the one before stays as it is. */
export function apply(state: CatalogState, event: CatalogEvent): CatalogState {
  switch (event.type) {
    case 'project-created':
      return [...state, event.project];
    case 'project-deleted':
      return state.filter(({ id }) => id !== event.projectId);
    default:
      return state.map((project) =>
        project.id === event.projectId ? projectAfter(project, event) : project,
      );
  }
}

function projectAfter(
  project: Project,
  event: Exclude<CatalogEvent, Of<'project-created' | 'project-deleted'>>,
): Project {
  const { branches } = project;
  switch (event.type) {
    case 'project-list-set':
      return { ...project, allowedIps: event.allowedIps };
    case 'branch-created':
      return { ...project, branches: [...branches, event.branch] };
    case 'branch-deleted':
      return { ...project, branches: branches.filter(({ id }) => id !== event.branchId) };
    case 'default-set':
      return {
        ...project,
        branches: branches.map((branch) => ({ ...branch, isDefault: branch.id === event.branchId })),
      };
    default:
      return {
        ...project,
        branches: branches.map((branch) =>
          branch.id === event.branchId ? branchAfter(branch, event) : branch,
        ),
      };
  }
}

type BranchEvent = Of<
  | 'branch-reset'
  | 'branch-renamed'
  | 'protection-set'
  | 'endpoint-created'
  | 'endpoint-deleted'
  | 'role-created'
  | 'role-deleted'
  | 'password-reset'
  | 'upstream-set'
  | 'branch-list-set'
>;

function branchAfter(branch: Branch, event: BranchEvent): Branch {
  switch (event.type) {
    case 'branch-reset':
      return {
        ...branch,
        resetAt: event.resetAt,
        upstream: { ...branch.upstream, database: event.database ?? branch.upstream.database },
      };
    case 'branch-renamed':
      return { ...branch, name: event.name };
    case 'protection-set':
      return { ...branch, isProtected: event.isProtected };
    case 'branch-list-set':
      return { ...branch, allowedIps: event.ips };
    case 'endpoint-created':
      return { ...branch, endpoints: [...branch.endpoints, event.endpoint] };
    case 'endpoint-deleted':
      return { ...branch, endpoints: branch.endpoints.filter((id) => id !== event.endpoint) };
    case 'role-created':
      return { ...branch, roles: [...branch.roles, event.role] };
    case 'role-deleted':
      return { ...branch, roles: branch.roles.filter(({ name }) => name !== event.role) };
    case 'password-reset':
      return withRole(branch, event.role, (role) => ({
        ...role,
        verifier: event.verifier,
        verifierUnrated: event.unrated,
      }));
    case 'upstream-set':
      return withRole(branch, event.role, (role) => ({ ...role, upstream: event.upstream }));
  }
}

function withRole(branch: Branch, name: string, change: (role: Role) => Role): Branch {
  return { ...branch, roles: branch.roles.map((role) => (role.name === name ? change(role) : role)) };
}
