import { type Document, isMap, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import type { CatalogEvent } from '../catalog/events.ts';
import type { Role } from '../catalog/model.ts';
import type { Secret } from '../catalog/secret.ts';
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
import { roleIn, type Written, writtenChild, writtenFirstBranch, writtenRole } from './catalog-written.ts';

/** Seals a secret for the file. @throws where there is no key. */
export type Seal = (secret: Secret) => string;

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
      append(document, edit.branches(projectId), writtenChild(branch, parent, upstream));
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
      const { role, from, projectId } = event;
      const parent = from === undefined ? [] : plainAt(document, edit.branch(projectId, from), 'roles');
      append(document, roles, writtenRole(role, roleIn(parent, role.name)));
      return;
    }
    case 'role-deleted':
      remove(roles, itemOf(document, roles, 'name', event.role));
      return;
    case 'password-reset':
      itemOf(document, roles, 'name', event.role).set('verifier', formatVerifier(event.verifier));
      return;
    case 'upstream-set':
      setUpstream(document, itemOf(document, roles, 'name', event.role), event.upstream, seal);
  }
}

function setUpstream(document: Document, role: YAMLMap, upstream: Role['upstream'], seal: Seal): void {
  const written = mapAt(document, role, 'upstream');
  if (upstream.role !== undefined) written.set('role', upstream.role);
  if (upstream.password === undefined) written.delete('password');
  else written.set('password', seal(upstream.password));
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
