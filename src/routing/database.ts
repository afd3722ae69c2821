import type { Branch } from '../catalog/model.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { MAX_NAME_BYTES } from '../wire/limits.ts';

/** `unknown`: to the client, such a database does not exist (3D000). */
export type DatabaseResult =
  | { readonly kind: 'database'; readonly name: string }
  | { readonly kind: 'unknown' };

const UNKNOWN: DatabaseResult = { kind: 'unknown' };

/** The database a client asks for: an absent or empty one is its user's name (PostgreSQL manual, 54.7). */
export function requestedDatabase(database: string | undefined, user: string): string {
  return database === undefined || database === '' ? user : database;
}

/**
 * The upstream's name for the database that a client asks for. Where the branch maps names, only those are
 * reachable; else all but those that another branch of the same cluster owns.
 * @param database as `requestedDatabase` gives it. The empty name is unknown: the upstream would read the name
 * of the upstream role for it, and that may be a neighbour's database.
 */
export function upstreamDatabase(catalog: CatalogSnapshot, branch: Branch, database: string): DatabaseResult {
  const map = branch.upstream.database;
  if (map !== undefined) return named(map.get(database));
  // The upstream cuts longer names to this length, and a neighbour's database could be what is left.
  if (Buffer.byteLength(database) > MAX_NAME_BYTES) return UNKNOWN;
  return catalog.ownersOf(branch.upstream).has(database) ? UNKNOWN : named(database);
}

function named(name: string | undefined): DatabaseResult {
  return name === undefined || name === '' ? UNKNOWN : { kind: 'database', name };
}
