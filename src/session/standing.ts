import { timingSafeEqual } from 'node:crypto';
import type { Address } from '../allowlist/address.ts';
import type { Branch, Role } from '../catalog/model.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { upstreamRole as upstreamRoleOf } from '../catalog/upstream-names.ts';
import { upstreamDatabase } from '../routing/database.ts';
import type { Verifier } from '../scram/verifier.ts';
import { type ClientCertificate, certificateObjection } from './client-certificate.ts';
import {
  addressNoLonger,
  branchRemoved,
  branchReset,
  certificateNoLonger,
  databaseNoLonger,
  endpointRemoved,
  type Refusal,
  replicationNoLonger,
  roleChanged,
} from './refusals.ts';

/** On what a session was let in. */
export interface Standing {
  readonly projectId: string;
  readonly branchId: string;
  /** By which it came, in lower case; `undefined`: by none, as the default branch's. */
  readonly endpoint: string | undefined;
  /** The branch's `resetAt` then. */
  readonly resetAt: number | undefined;
  readonly certificate: ClientCertificate | undefined;
  readonly address: Address;
  readonly role: string;
  /** What the proof was checked against; `undefined`: the upstream's own verifier, which the catalog does not hold. */
  readonly verifier: Verifier | undefined;
  /** As whom it is logged in upstream. */
  readonly upstreamRole: string;
  /** Whether it may read a WAL stream. */
  readonly replication: boolean;
  /** By the client's name and the upstream's; `undefined`: physical replication, which is in none. */
  readonly database: { readonly asked: string; readonly opened: string } | undefined;
}

/**
 * Whether a catalog, newer than the one it was let in by, still admits a session.
 * @returns why not, to cut it with; undefined where it does.
 */
export function objection(catalog: CatalogSnapshot, standing: Standing): Refusal | undefined {
  const place = catalog.findBranch(standing.projectId, standing.branchId);
  if (place === undefined) return branchRemoved();
  const { resetAt } = place.branch;
  if (resetAt !== undefined && resetAt !== standing.resetAt) return branchReset();
  if (!hasEndpoint(catalog, standing)) return endpointRemoved();
  const allowlist = catalog.allowlistOf(place.project, place.branch);
  if (allowlist !== undefined && !allowlist.admits(standing.address)) return addressNoLonger();
  if (!isSameRole(place.branch, catalog.findRole(place.branch, standing.role), standing))
    return roleChanged();
  const fault = certificateObjection(place.branch, standing.certificate, standing.role);
  if (fault !== undefined) return certificateNoLonger(fault);
  if (standing.replication && !place.branch.replication) return replicationNoLonger();
  return isSameDatabase(catalog, place.branch, standing) ? undefined : databaseNoLonger();
}

/** An endpoint may have gone, or lead to another branch now. */
function hasEndpoint(catalog: CatalogSnapshot, { projectId, branchId, endpoint }: Standing): boolean {
  if (endpoint === undefined) return true;
  const found = catalog.findEndpoint(endpoint);
  return found !== undefined && found.project.id === projectId && found.branch.id === branchId;
}

/** A role that the catalog now holds itself is another than the upstream's of that name, and the other way round. */
function isSameRole(branch: Branch, role: Role | undefined, standing: Standing): boolean {
  const { verifier, upstreamRole } = standing;
  if (verifier === undefined) return role === undefined && branch.authQuery !== undefined;
  if (role?.verifier === undefined || upstreamRoleOf(role) !== upstreamRole) return false;
  return isSame(role.verifier, verifier);
}

/** The name may have gone from the branch's map, lead to another database now, or be a neighbour's. */
function isSameDatabase(catalog: CatalogSnapshot, branch: Branch, { database }: Standing): boolean {
  if (database === undefined) return true;
  const found = upstreamDatabase(catalog, branch, database.asked);
  return found.kind === 'database' && found.name === database.opened;
}

function isSame(left: Verifier, right: Verifier): boolean {
  return timingSafeEqual(left.storedKey, right.storedKey) && left.salt.equals(right.salt);
}
