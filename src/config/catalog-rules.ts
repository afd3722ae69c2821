import { type CatalogOutline, outlineOf, type ProjectOutline } from './catalog-outline.ts';
import { type Problem, quoted } from './problem.ts';
import type { Path, YamlDocument } from './yaml-document.ts';

/** Something with a name that no other of its kind may have. */
interface Named {
  readonly path: Path;
  readonly name: string | undefined;
}

/** What no schema can say: names that must differ, and branches that refer to one another. */
export function brokenRules(document: YamlDocument): Problem[] {
  const outline = outlineOf(document.value);
  return [
    ...repeated(document, 'project id', projectIds(outline)),
    ...repeated(document, 'branch id', branchIds(outline)),
    ...repeated(document, 'endpoint', endpointIds(outline)),
    ...outline.projects.flatMap((project, index) => [
      ...repeated(document, 'branch name', branchNames(project, index)),
      ...defaultBranches(document, project, index),
      ...parents(document, project, index),
      ...project.branches.flatMap((branch, place) =>
        repeated(document, 'role', rolesOf(branch, ['projects', index, 'branches', place])),
      ),
    ]),
  ];
}

function repeated(document: YamlDocument, what: string, all: readonly Named[]): Problem[] {
  const first = new Map<string, Problem>();
  return all.flatMap(({ path, name }) => {
    if (name === undefined) return [];
    const before = first.get(name);
    const here = document.at(path, '');
    if (before === undefined) first.set(name, here);
    if (before === undefined) return [];
    return [{ ...here, message: `${what} ${quoted(name)} is taken by line ${before.line}: choose another` }];
  });
}

function projectIds({ projects }: CatalogOutline): Named[] {
  return projects.map(({ id }, index) => ({ path: ['projects', index, 'id'], name: id }));
}

function branchIds({ projects }: CatalogOutline): Named[] {
  return projects.flatMap(({ branches }, index) =>
    branches.map(({ id }, place) => ({ path: ['projects', index, 'branches', place, 'id'], name: id })),
  );
}

function endpointIds({ projects }: CatalogOutline): Named[] {
  return projects.flatMap(({ branches }, index) =>
    branches.flatMap(({ endpoints }, place) =>
      endpoints.map(({ id }, at) => ({
        path: ['projects', index, 'branches', place, 'endpoints', at, 'id'],
        name: id,
      })),
    ),
  );
}

function branchNames({ branches }: ProjectOutline, index: number): Named[] {
  return branches.map(({ name }, place) => ({ path: ['projects', index, 'branches', place, 'name'], name }));
}

function rolesOf({ roles }: ProjectOutline['branches'][number], branch: Path): Named[] {
  return roles.map(({ name }, at) => ({ path: [...branch, 'roles', at, 'name'], name }));
}

function defaultBranches(document: YamlDocument, project: ProjectOutline, index: number): Problem[] {
  const { branches } = project;
  if (branches.length === 0) return [];
  const places = branches.flatMap((branch, place) => (branch.default === true ? [place] : []));
  if (places.length === 0) {
    return [
      document.atKey(['projects', index, 'branches'], 'no branch is the default: write default: true on one'),
    ];
  }
  return places
    .slice(1)
    .map((place) =>
      document.atKey(
        ['projects', index, 'branches', place, 'default'],
        'a second default branch: keep default: true on one',
      ),
    );
}

function parents(document: YamlDocument, { branches }: ProjectOutline, index: number): Problem[] {
  const parentOf = new Map(branches.map(({ id, parent_id }) => [id, parent_id]));
  return branches.flatMap(({ id, parent_id: parent }, place) => {
    const path: Path = ['projects', index, 'branches', place, 'parent_id'];
    if (parent === undefined) return [];
    if (!parentOf.has(parent)) {
      return [
        document.at(path, `no branch of this project has the id ${quoted(parent)}: mend or remove parent_id`),
      ];
    }
    if (!isOwnAncestor(id, parentOf)) return [];
    return [document.at(path, `branch ${quoted(String(id))} descends from itself: mend or remove parent_id`)];
  });
}

function isOwnAncestor(
  id: string | undefined,
  parentOf: ReadonlyMap<string | undefined, string | undefined>,
): boolean {
  const met = new Set<string>();
  let ancestor = parentOf.get(id);
  while (ancestor !== undefined && ancestor !== id && !met.has(ancestor)) {
    met.add(ancestor);
    ancestor = parentOf.get(ancestor);
  }
  return ancestor !== undefined && ancestor === id;
}
