import { timingSafeEqual } from 'node:crypto';
import type { Address } from '../allowlist/address.ts';
import type { Branch, Role } from '../catalog/model.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Verifier } from '../scram/verifier.ts';
import { addressNoLonger, branchRemoved, type Refusal, roleChanged } from './refusals.ts';

/** On what a session was let in. */
export interface Standing {
  readonly projectId: string;
  readonly branchId: string;
  readonly address: Address;
  readonly role: string;
  /** What the proof was checked against; `undefined`: the upstream's own verifier, which the catalog does not hold. */
  readonly verifier: Verifier | undefined;
}

/**
 * Whether a catalog, newer than the one it was let in by, still admits a session.
 * @returns why not, to cut it with; undefined where it does.
 */
export function objection(catalog: CatalogSnapshot, standing: Standing): Refusal | undefined {
  const place = catalog.findBranch(standing.projectId, standing.branchId);
  if (place === undefined) return branchRemoved();
  const allowlist = catalog.allowlistOf(place.project, place.branch);
  if (allowlist !== undefined && !allowlist.admits(standing.address)) return addressNoLonger();
  return isSameRole(place.branch, catalog.findRole(place.branch, standing.role), standing)
    ? undefined
    : roleChanged();
}

/** A role that the catalog now holds itself is another than the upstream's of that name, and the other way round. */
function isSameRole(branch: Branch, role: Role | undefined, { verifier }: Standing): boolean {
  if (verifier === undefined) return role === undefined && branch.authQuery !== undefined;
  return role?.verifier !== undefined && isSame(role.verifier, verifier);
}

function isSame(left: Verifier, right: Verifier): boolean {
  return timingSafeEqual(left.storedKey, right.storedKey) && left.salt.equals(right.salt);
}
