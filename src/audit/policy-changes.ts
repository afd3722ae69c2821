import type { CatalogChange, CatalogEntity, ShownValue } from './catalog-change.ts';
import { listDifference } from './list-difference.ts';
import { growthJudge, settingLoosens } from './loosening.ts';
import type { Policy } from './policy.ts';
import { changed, differing, otherSecrets, type PolicyPlace, written } from './policy-difference.ts';
import type { BranchDigest, ProjectDigest, Settings, Settled } from './policy-model.ts';
import { changesOfRoles, roleCreated } from './policy-roles.ts';
import { LIST, PROTECTED, PROTECTED_ONLY } from './policy-settings.ts';
import type { Steps } from './steps.ts';

/** What has changed, in the catalog's order. Both digests must be made with the same key. */
export function* changesBetween(before: Policy, after: Policy): Steps<CatalogChange[]> {
  const changes: CatalogChange[] = [];
  for (const change of changesOf(before, after)) changes.push(yield* withDifference(change));
  return changes;
}

/** What came and went in a list takes long enough to be found in steps. */
function* withDifference(change: CatalogChange): Steps<CatalogChange> {
  const { entity, before = null, after = null } = change;
  if (entity === 'role' || !isList(before) || !isList(after)) return change;
  return { ...change, ...(yield* listDifference(before, after)) };
}

function changesOf(before: Policy, after: Policy): CatalogChange[] {
  const were = new Map(before.digest.projects.map((project) => [project.id, project]));
  const are = new Set(after.digest.projects.map(({ id }) => id));
  const gone = before.digest.projects.filter(({ id }) => !are.has(id));
  return [
    ...gone.map(projectDeleted),
    ...after.digest.projects.flatMap((project) => {
      const was = were.get(project.id);
      if (was === undefined) return projectCreated(project);
      return changesOfProject(was, project, grownBranches([before, was], [after, project]));
    }),
  ];
}

type ProjectOf = readonly [policy: Policy, project: ProjectDigest];

/** The branches, by their ids, that admit an address which they did not admit before. */
function grownBranches([before, was]: ProjectOf, [after, project]: ProjectOf): ReadonlySet<string> {
  const were = new Map(was.branches.map((branch) => [branch.id, branch]));
  const admitsMore = growthJudge();
  const grown = project.branches.filter((branch) => {
    const old = were.get(branch.id);
    return old !== undefined && admitsMore(before.allowlistOf(was, old), after.allowlistOf(project, branch));
  });
  return new Set(grown.map(({ id }) => id));
}

function projectDeleted({ id }: ProjectDigest): CatalogChange {
  return { entity: 'project', action: 'deleted', project: id, loosens: false };
}

/** Whatever comes with something new is told too: who may log in there, and from where. */
function projectCreated(project: ProjectDigest): CatalogChange[] {
  const place = { project: project.id };
  return [
    { ...place, entity: 'project', action: 'created', after: written(project.settings), loosens: true },
    ...listCreated(place, project.settings),
    ...project.branches.flatMap((branch) => branchCreated(project.id, branch)),
  ];
}

function changesOfProject(
  before: ProjectDigest,
  after: ProjectDigest,
  grown: ReadonlySet<string>,
): CatalogChange[] {
  const were = new Map(before.branches.map((branch) => [branch.id, branch]));
  const are = new Set(after.branches.map(({ id }) => id));
  const place = { project: after.id };
  return [
    ...settledChanges(place, before, after, grown.size > 0),
    ...before.branches
      .filter(({ id }) => !are.has(id))
      .map(({ id }) => changed({ ...place, branch: id }, 'branch', 'deleted', false)),
    ...after.branches.flatMap((branch) => {
      const was = were.get(branch.id);
      return was === undefined
        ? branchCreated(after.id, branch)
        : changesOfBranch(after.id, was, branch, grown.has(branch.id));
    }),
  ];
}

function branchCreated(project: string, branch: BranchDigest): CatalogChange[] {
  const place = { project, branch: branch.id };
  return [
    { ...changed(place, 'branch', 'created', true), after: written(branch.settings) },
    ...listCreated(place, branch.settings),
    ...branch.endpoints.map((name) => ({ ...changed(place, 'endpoint', 'created', true), name })),
    ...branch.roles.map((role) => roleCreated(place, role)),
  ];
}

/** @param grown whether the branch admits an address that it did not admit. */
function changesOfBranch(
  project: string,
  before: BranchDigest,
  after: BranchDigest,
  grown: boolean,
): CatalogChange[] {
  const place = { project, branch: after.id };
  const gone = before.endpoints.filter((name) => !after.endpoints.includes(name));
  const come = after.endpoints.filter((name) => !before.endpoints.includes(name));
  return [
    ...settledChanges(place, before, after, grown),
    ...gone.map((name) => ({ ...changed(place, 'endpoint', 'deleted', false), name })),
    ...come.map((name) => ({ ...changed(place, 'endpoint', 'created', true), name })),
    ...changesOfRoles(place, before, after),
  ];
}

/** Settings of a project or a branch, one change each. @param grown whether more addresses are admitted. */
function settledChanges(
  place: PolicyPlace,
  before: Settled,
  after: Settled,
  grown: boolean,
): CatalogChange[] {
  const settings = differing(before.settings, after.settings);
  const secrets = otherSecrets(before, after).filter((name) => !settings.includes(name));
  return [
    ...settings.map((name) => settingChanged(place, name, [before.settings, after.settings], grown)),
    ...secrets.map((name) => ({ ...changed(place, 'policy', 'changed', false), name })),
  ];
}

function settingChanged(
  place: PolicyPlace,
  name: string,
  [were, are]: readonly [Settings, Settings],
  grown: boolean,
): CatalogChange {
  const before = were[name] ?? null;
  const after = are[name] ?? null;
  const loosens = DECIDES_ADDRESSES.has(name) ? grown : settingLoosens(name, before, after);
  // To take a branch's protection is to let more be done to it, whatever its list.
  const unprotected = name === PROTECTED && after === false;
  return {
    ...changed(place, ENTITIES.get(name) ?? 'policy', actionOf(name, before, after), loosens || unprotected),
    name,
    before,
    after,
  };
}

/** Settings whose effect is which addresses are admitted; that is worked out for all of them together. */
const DECIDES_ADDRESSES = new Set([LIST, PROTECTED_ONLY, PROTECTED]);

const ENTITIES: ReadonlyMap<string, CatalogEntity> = new Map([
  [LIST, 'allowlist'],
  [PROTECTED_ONLY, 'allowlist'],
  [PROTECTED, 'protection'],
]);

/** An allowlist comes and goes; other settings only change. */
function actionOf(name: string, before: ShownValue, after: ShownValue): CatalogChange['action'] {
  if (name !== LIST) return 'changed';
  if (before === null) return 'created';
  return after === null ? 'deleted' : 'changed';
}

function listCreated(place: PolicyPlace, settings: Settings): CatalogChange[] {
  const after = settings[LIST] ?? null;
  return after === null ? [] : [{ ...changed(place, 'allowlist', 'created', false), name: LIST, after }];
}

function isList(value: ShownValue): value is readonly string[] {
  return Array.isArray(value);
}
