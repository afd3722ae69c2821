import { quote } from '../allowlist/not-an-address.ts';
import type { Branch, Project, Role } from './model.ts';
import { Rejected } from './rejection.ts';
import type { BranchRef } from './snapshot.ts';

/** Every project, in the catalog's order. */
export type CatalogState = readonly Project[];

/** @throws Rejected where there is none of this id, or none is named and there is not exactly one. */
export function findProject(state: CatalogState, id: string | undefined): Project {
  const [only, second] = state;
  if (id === undefined && only !== undefined && second === undefined) return only;
  if (id === undefined) {
    if (only === undefined) throw new Rejected('there is no project: make one with projects create');
    throw new Rejected(`give --project-id: there are ${listed(state.map((each) => each.id))}`, 'wish');
  }
  const found = state.find((project) => project.id === id);
  if (found !== undefined) return found;
  throw new Rejected(`there is no project ${shown(id)}: there ${are(state.map((each) => each.id))}`);
}

/** @param name id or name; undefined: the default branch. */
export function findBranch(state: CatalogState, projectId: string | undefined, name?: string): BranchRef {
  const project = findProject(state, projectId);
  return { project, branch: branchOf(project, name) };
}

export function branchOf(project: Project, name: string | undefined): Branch {
  const { branches } = project;
  const found =
    name === undefined
      ? branches.find(({ isDefault }) => isDefault)
      : // An id first: a name that looks like another's id leads nobody astray.
        (branches.find(({ id }) => id === name) ?? branches.find((branch) => branch.name === name));
  if (found !== undefined) return found;
  const there = are(branches.map((branch) => branch.name));
  throw new Rejected(`project ${project.id} has no branch ${shown(name ?? '')}: there ${there}`);
}

export function roleOf(branch: Branch, name: string): Role {
  const found = branch.roles.find((role) => role.name === name);
  if (found !== undefined) return found;
  const there = are(branch.roles.map((role) => role.name));
  throw new Rejected(`branch ${shown(branch.name)} has no role ${shown(name)}: there ${there}`);
}

/** A name as a message shows it: bare where nothing in it can be misread. */
export function shown(name: string): string {
  return /^[\w.-]{1,64}$/.test(name) ? name : quote(name);
}

function are(names: readonly string[]): string {
  return names.length === 0 ? 'is none' : `${names.length === 1 ? 'is' : 'are'} ${listed(names)}`;
}

/** As many names as a line takes. */
const MOST_LISTED = 10;

export function listed(names: readonly string[]): string {
  const some = names.slice(0, MOST_LISTED).map(shown).join(', ');
  return names.length > MOST_LISTED ? `${some} and ${names.length - MOST_LISTED} more` : some;
}
