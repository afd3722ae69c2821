import type { Allowlist } from '../allowlist/allowlist.ts';
import { allowlistFrom } from '../allowlist/entries.ts';
import type { Branch, Project, Role, UpstreamTarget } from './model.ts';
import { clusterKey, databaseOpenedFor, foldCase } from './names.ts';
import { NOWHERE } from './nowhere.ts';

/** A branch and the project it belongs to. */
export interface BranchRef {
  readonly project: Project;
  readonly branch: Branch;
}

/** A branch and the endpoint by which it was found, in lower case. */
export interface EndpointRef extends BranchRef {
  readonly endpoint: string;
}

interface IndexedBranch extends BranchRef {
  readonly allowlist: Allowlist | undefined;
}

/** Makes a list of entries that were checked; whoever has made it already, in another thread say, gives that one. */
export type ListMaker = (entries: readonly string[], owner: string) => Allowlist;

const NOBODY_OWNS: ReadonlyMap<string, readonly BranchRef[]> = new Map();

/**
 * One state of the catalog, with everything a connection asks of it worked out beforehand: no request scans
 * projects or parses an entry. An edit makes a new snapshot; a live session asks the newest one by ids.
 */
export class CatalogSnapshot {
  readonly projects: readonly Project[];
  readonly #branches = new Map<string, IndexedBranch>();
  readonly #endpoints = new Map<string, EndpointRef>();
  readonly #roles = new WeakMap<Branch, ReadonlyMap<string, Role>>();
  readonly #owners = new Map<string, Map<string, BranchRef[]>>();

  /**
   * @throws Error where two branches share an id or an endpoint, or an allowlist's entry cannot be read. The
   * configuration refuses such a catalog with file and line; here it must not be routed by chance.
   */
  constructor(projects: readonly Project[], makeList: ListMaker = allowlistFrom) {
    this.projects = projects;
    this.#branches.set(branchKey(NOWHERE.project.id, NOWHERE.branch.id), NOWHERE);
    for (const project of projects) {
      const ofProject = projectAllowlist(project, makeList);
      for (const branch of project.branches) {
        const ref = { project, branch };
        this.#index({ ...ref, allowlist: branchAllowlist(ref, ofProject, makeList) });
      }
    }
  }

  /** @param id in any case. */
  findEndpoint(id: string): EndpointRef | undefined {
    return this.#endpoints.get(foldCase(id));
  }

  /** The branch as it is now; undefined once it is removed. */
  findBranch(projectId: string, branchId: string): BranchRef | undefined {
    return this.#branches.get(branchKey(projectId, branchId));
  }

  /** A branch's role by its name. The branch may be of any snapshot. */
  findRole(branch: Branch, name: string): Role | undefined {
    const known = this.#roles.get(branch) ?? new Map(branch.roles.map((role) => [role.name, role]));
    this.#roles.set(branch, known);
    return known.get(name);
  }

  /** Where a client that names no endpoint goes: only where there is one project, with one default branch. */
  get defaultBranch(): BranchRef | undefined {
    const [project, second] = this.projects;
    if (project === undefined || second !== undefined) return undefined;
    const [branch, rival] = project.branches.filter(({ isDefault }) => isDefault);
    return branch === undefined || rival !== undefined ? undefined : { project, branch };
  }

  /**
   * The branch's own list, else the project's (only on protected branches where it says so).
   * @returns undefined where everyone is admitted.
   * @throws Error for a branch that this snapshot does not have, since undefined would open it to everyone.
   */
  allowlistOf(project: Pick<Project, 'id'>, branch: Pick<Branch, 'id'>): Allowlist | undefined {
    const indexed = this.#branches.get(branchKey(project.id, branch.id));
    if (indexed === undefined)
      throw new Error(`the catalog has no branch ${branch.id} in project ${project.id}`);
    return indexed.allowlist;
  }

  /**
   * The databases that branches own on an upstream's cluster, as targets of their `upstream.database`, with
   * those branches. Names are as PostgreSQL knows them, cut to 63 bytes.
   */
  ownersOf(upstream: Pick<UpstreamTarget, 'host' | 'port'>): ReadonlyMap<string, readonly BranchRef[]> {
    return this.#owners.get(clusterKey(upstream)) ?? NOBODY_OWNS;
  }

  #index(indexed: IndexedBranch): void {
    const { project, branch } = indexed;
    const ref = { project, branch };
    const key = branchKey(project.id, branch.id);
    if (this.#branches.has(key)) throw new Error(`project ${project.id} has two branches ${branch.id}`);
    this.#branches.set(key, indexed);
    for (const id of branch.endpoints) {
      const endpoint = foldCase(id);
      if (this.#endpoints.has(endpoint)) throw new Error(`the catalog has two endpoints ${endpoint}`);
      this.#endpoints.set(endpoint, { ...ref, endpoint });
    }
    this.#indexDatabases(ref);
  }

  #indexDatabases(ref: BranchRef): void {
    const { upstream } = ref.branch;
    const owned = this.#owners.get(clusterKey(upstream)) ?? new Map<string, BranchRef[]>();
    this.#owners.set(clusterKey(upstream), owned);
    for (const database of new Set([...(upstream.database?.values() ?? [])].map(databaseOpenedFor))) {
      owned.set(database, [...(owned.get(database) ?? []), ref]);
    }
  }
}

/** NUL is in no id, so no two pairs share a key. */
function branchKey(projectId: string, branchId: string): string {
  return `${projectId}\0${branchId}`;
}

function projectAllowlist(project: Project, makeList: ListMaker): Allowlist | undefined {
  return project.allowedIps && makeList(project.allowedIps.ips, `allowed_ips of project ${project.id}`);
}

function branchAllowlist(
  { project, branch }: BranchRef,
  ofProject: Allowlist | undefined,
  makeList: ListMaker,
): Allowlist | undefined {
  if (branch.allowedIps !== undefined)
    return makeList(branch.allowedIps, `allowed_ips of branch ${branch.id}`);
  return project.allowedIps?.protectedBranchesOnly === true && !branch.isProtected ? undefined : ofProject;
}
