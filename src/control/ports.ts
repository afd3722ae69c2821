import type { CatalogEvent } from '../catalog/events.ts';
import type { CatalogState } from '../catalog/find.ts';

/** Where the catalog is kept. */
export interface CatalogDesk {
  /** The catalog as it is now. @throws where it cannot be read or is broken. */
  read(): CatalogState;
  /**
   * Reads the catalog, has events decided and keeps what they make of it, while nobody else may change it.
   * Either all events are kept or none.
   * @returns the catalog afterwards.
   * @throws what `decide` throws, or why the catalog could not be read or kept.
   */
  change(decide: (state: CatalogState) => Promise<readonly CatalogEvent[]>): Promise<CatalogState>;
}

/** node:crypto's. */
export interface Chance {
  randomBytes(length: number): Buffer;
  randomInt(bound: number): number;
}
