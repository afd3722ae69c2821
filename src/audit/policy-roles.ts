import type { CatalogChange } from './catalog-change.ts';
import { roleLoosens } from './loosening.ts';
import { changed, differing, otherSecrets, type PolicyPlace, written } from './policy-difference.ts';
import type { BranchDigest, RoleDigest } from './policy-model.ts';
import { AUTH_QUERY, LOGIN, VERIFIER } from './policy-settings.ts';

/** What has changed among a branch's roles. */
export function changesOfRoles(
  place: PolicyPlace,
  before: BranchDigest,
  after: BranchDigest,
): CatalogChange[] {
  const were = new Map(before.roles.map((role) => [role.name, role]));
  const are = new Set(after.roles.map(({ name }) => name));
  // Where the upstream is asked for verifiers, it is asked again for one that the catalog has no more.
  const askedFor = after.settings[AUTH_QUERY] !== null;
  return [
    ...before.roles
      .filter(({ name }) => !are.has(name))
      .map(({ name }) => ({ ...changed(place, 'role', 'deleted', askedFor), name })),
    ...after.roles.flatMap((role) => {
      const was = were.get(role.name);
      return was === undefined ? [roleCreated(place, role)] : changesOfRole(place, was, role);
    }),
  ];
}

export function roleCreated(place: PolicyPlace, { name, settings }: RoleDigest): CatalogChange {
  const loosens = settings[LOGIN] === true;
  return { ...changed(place, 'role', 'created', loosens), name, after: written(settings) };
}

function changesOfRole(place: PolicyPlace, before: RoleDigest, after: RoleDigest): CatalogChange[] {
  const { name } = after;
  const settings = differing(before.settings, after.settings);
  const secrets = otherSecrets(before, after);
  const isReset =
    secrets.includes(VERIFIER) && before.settings[LOGIN] === true && after.settings[LOGIN] === true;
  const rest = secrets.filter((secret) => secret !== VERIFIER && !settings.includes(secret));
  const reset: CatalogChange[] = isReset ? [{ ...changed(place, 'role', 'password-reset', true), name }] : [];
  if (settings.length === 0 && rest.length === 0) return reset;
  const loosens =
    rest.length > 0 || settings.some((key) => roleLoosens(key, before.settings, after.settings));
  return [
    ...reset,
    {
      ...changed(place, 'role', 'changed', loosens),
      name,
      before: written(before.settings, settings),
      after: [...written(after.settings, settings), ...rest.map((secret) => `${secret} is another one`)],
    },
  ];
}
