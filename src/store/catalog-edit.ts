import { type Document, isMap, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import type { CatalogEvent } from '../catalog/events.ts';
import { roleSecret } from '../config/secret-owner.ts';
import { formatVerifier } from '../scram/verifier.ts';
import {
  append,
  itemOf,
  listAt,
  mapAt,
  plainAt,
  remove,
  setTexts,
  UneditableCatalog,
} from './catalog-nodes.ts';
import {
  roleIn,
  type Seal,
  type Written,
  writtenChild,
  writtenFirstBranch,
  writtenRole,
} from './catalog-written.ts';

/**
 * Brings catalog.yaml in line with an event and leaves the rest as it is, comments and order too.
 * @throws UneditableCatalog where aliases stand in the way.
 */
export function editCatalog(document: Document, event: CatalogEvent, seal: Seal): void {
  const edit = new Edit(document);
  switch (event.type) {
    case 'project-created': {
      const { id, name, branches } = event.project;
      append(document, edit.projects, {
        id,
        ...(name !== undefined && { name }),
        branches: branches.map((branch) => writtenFirstBranch(branch, event.upstream)),
      });
      return;
    }
    case 'project-deleted':
      remove(edit.projects, edit.project(event.projectId));
      return;
    case 'project-list-set':
      setProjectList(edit, event);
      return;
    case 'branch-created': {
      const { branch, projectId, upstream } = event;
      const parent = edit.branch(projectId, branch.parentId ?? '').toJS(document) as Written;
      const place = { projectId, branchId: branch.id, seal };
      append(document, edit.branches(projectId), writtenChild(branch, { parent, upstream }, place));
      return;
    }
    case 'branch-deleted':
      remove(edit.branches(event.projectId), edit.branch(event.projectId, event.branchId));
      return;
    case 'default-set':
      setDefault(edit, event.projectId, event.branchId);
      return;
    default:
      editBranch(edit, event, seal);
  }
}

type BranchEvent = Exclude<
  CatalogEvent,
  {
    readonly type:
      | 'project-created'
      | 'project-deleted'
      | 'project-list-set'
      | 'branch-created'
      | 'branch-deleted'
      | 'default-set';
  }
>;

function editBranch(edit: Edit, event: BranchEvent, seal: Seal): void {
  const { document } = edit;
  const branch = edit.branch(event.projectId, event.branchId);
  switch (event.type) {
    case 'branch-reset':
      branch.set('reset_at', new Date(event.resetAt).toISOString());
      if (event.database !== undefined)
        mapAt(document, branch, 'upstream').set(
          'database',
          document.createNode(Object.fromEntries(event.database)),
        );
      return;
    case 'branch-renamed':
      branch.set('name', event.name);
      return;
    case 'protection-set':
      branch.set('protected', event.isProtected);
      return;
    case 'branch-list-set':
      if (event.ips === undefined) branch.delete('allowed_ips');
      else setTexts(document, listAt(document, mapAt(document, branch, 'allowed_ips'), 'ips'), event.ips);
      return;
    case 'endpoint-created':
      append(document, listAt(document, branch, 'endpoints'), { id: event.endpoint });
      return;
    case 'endpoint-deleted': {
      const endpoints = listAt(document, branch, 'endpoints');
      remove(endpoints, itemOf(document, endpoints, 'id', event.endpoint));
      return;
    }
    default:
      editRoles(edit, branch, event, seal);
  }
}

type RoleEvent = Extract<
  BranchEvent,
  { readonly type: 'role-created' | 'role-deleted' | 'password-reset' | 'upstream-set' }
>;

function editRoles(edit: Edit, branch: YAMLMap, event: RoleEvent, seal: Seal): void {
  const { document } = edit;
  const roles = listAt(document, branch, 'roles');
  switch (event.type) {
    case 'role-created': {
      const { role, from, projectId, branchId } = event;
      const parent = from === undefined ? [] : plainAt(document, edit.branch(projectId, from), 'roles');
      const place = { projectId, branchId, seal };
      append(document, roles, writtenRole(role, place, roleIn(parent, role.name)));
      return;
    }
    case 'role-deleted':
      remove(roles, itemOf(document, roles, 'name', event.role));
      return;
    case 'password-reset':
      setVerifier(itemOf(document, roles, 'name', event.role), event);
      return;
    case 'upstream-set':
      setUpstream(document, itemOf(document, roles, 'name', event.role), event, seal);
  }
}

function setVerifier(
  role: YAMLMap,
  { verifier, unrated }: Extract<RoleEvent, { readonly type: 'password-reset' }>,
): void {
  role.set('verifier', formatVerifier(verifier));
  if (unrated) role.set('verifier_unrated', true);
  else role.delete('verifier_unrated');
}

function setUpstream(
  document: Document,
  role: YAMLMap,
  { projectId, branchId, role: name, upstream }: Extract<RoleEvent, { readonly type: 'upstream-set' }>,
  seal: Seal,
): void {
  const written = mapAt(document, role, 'upstream');
  if (upstream.role !== undefined) written.set('role', upstream.role);
  if (upstream.login === undefined) written.delete('password');
  else written.set('password', seal(upstream.login, roleSecret(projectId, branchId, name)));
  if (written.items.length === 0) role.delete('upstream');
}

function setProjectList(
  edit: Edit,
  { projectId, allowedIps }: Extract<CatalogEvent, { readonly type: 'project-list-set' }>,
): void {
  const { document } = edit;
  const settings = mapAt(document, edit.project(projectId), 'settings');
  if (allowedIps === undefined) {
    settings.delete('allowed_ips');
    if (settings.items.length === 0) edit.project(projectId).delete('settings');
    return;
  }
  const list = mapAt(document, settings, 'allowed_ips');
  setTexts(document, listAt(document, list, 'ips'), allowedIps.ips);
  if (allowedIps.protectedBranchesOnly || list.has('protected_branches_only'))
    list.set('protected_branches_only', allowedIps.protectedBranchesOnly);
}

function setDefault(edit: Edit, projectId: string, branchId: string): void {
  for (const branch of edit.branches(projectId).items)
    if (isMap(branch) && branch.has('default')) branch.set('default', false);
  edit.branch(projectId, branchId).set('default', true);
}

/** The places of a catalog. */
class Edit {
  readonly document: Document;

  constructor(document: Document) {
    this.document = document;
  }

  get projects(): YAMLSeq {
    const projects = isMap(this.document.contents) ? this.document.contents.get('projects', true) : undefined;
    if (isSeq(projects)) return projects;
    throw new UneditableCatalog('catalog.yaml has no list of projects: write projects: []');
  }

  project(id: string): YAMLMap {
    return itemOf(this.document, this.projects, 'id', id);
  }

  branches(projectId: string): YAMLSeq {
    return listAt(this.document, this.project(projectId), 'branches');
  }

  branch(projectId: string, id: string): YAMLMap {
    return itemOf(this.document, this.branches(projectId), 'id', id);
  }
}
