import type { CatalogChange } from '../../src/audit/catalog-change.ts';
import { keptPolicy, type Policy, policyOf } from '../../src/audit/policy.ts';
import { changesBetween as changesInSteps } from '../../src/audit/policy-changes.ts';
import { EMPTY_DIGEST } from '../../src/audit/policy-digest.ts';
import { atOnce } from '../../src/audit/steps.ts';
import type { CatalogState } from '../../src/catalog/find.ts';
import type { Branch, Project, Role } from '../../src/catalog/model.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { aBranch, aProject } from '../catalog/a-catalog.ts';
import { aRole } from '../catalog/a-verifier.ts';

export const KEY = Buffer.alloc(32, 7);

export const AUTH_QUERY = {
  role: 'asker',
  password: new Secret('ask-me-quietly'),
  database: 'postgres',
  query: undefined,
  superusers: false,
  replicationRoles: false,
};

export function shop(branch: Partial<Branch> = {}, project: Partial<Project> = {}): CatalogState {
  const main = aBranch('br-main-1', {
    name: 'main',
    endpoints: ['ep-main-1'],
    roles: [aRole('app')],
    ...branch,
  });
  return [{ ...aProject('shop', [main]), ...project }];
}

export function changesBetween(before: Policy, after: Policy): CatalogChange[] {
  return atOnce(changesInSteps(before, after));
}

export const EMPTY = keptPolicy(EMPTY_DIGEST);

export function catalogChanges(before: CatalogState, after: CatalogState): CatalogChange[] {
  return changesBetween(
    policyOf(new CatalogSnapshot(before), KEY),
    policyOf(new CatalogSnapshot(after), KEY),
  );
}

/** Changes of a branch's settings, from the usual ones. */
export function changed(branch: Partial<Branch>, from: Partial<Branch> = {}): CatalogChange[] {
  return catalogChanges(shop(from), shop({ ...from, ...branch }));
}

export function roleChanged(role: Partial<Role>, from: Partial<Role> = {}): CatalogChange[] {
  return changed({ roles: [aRole('app', { ...from, ...role })] }, { roles: [aRole('app', from)] });
}
