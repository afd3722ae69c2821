import type { CatalogEvent } from '../catalog/events.ts';
import type { CatalogState } from '../catalog/find.ts';
import type { Branch, Project } from '../catalog/model.ts';
import type { PasswordContext, Rating } from '../passwords/rating.ts';

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
  change(
    decide: (state: CatalogState) => Promise<readonly CatalogEvent[]>,
    settle?: Settle,
  ): Promise<CatalogState>;
}

/** Told, before anybody else may change the catalog, what it holds now: all of a change or, where it failed, none. */
export type Settle = (state: CatalogState) => Promise<void>;

/** Makes databases and roles upstream as the catalog will have them, and removes what it no longer has. */
export interface Provisioner {
  /** Names upstream of what belongs to a branch that has no map. @throws ProvisionError. */
  databasesOf(project: Project, branch: Branch): Promise<readonly string[]>;
  /**
   * Does upstream what these events will say in the catalog, and keeps in mind what it did until `settle`.
   * @throws ProvisionError with the mend; what was begun goes away again with `settle`.
   */
  prepare(before: CatalogState, events: readonly CatalogEvent[]): Promise<void>;
  /** Makes the upstream agree with the catalog, also after a command that was killed. It tells what it cannot, and does not throw. */
  settle: Settle;
}

/** node:crypto's, and the clock's. */
export interface Chance {
  now(): Date;
  randomBytes(length: number): Buffer;
  randomInt(bound: number): number;
}

/** Says how strong a password is. It never rejects: what cannot be rated is weak. */
export interface PasswordRatings {
  rate(password: string, context: PasswordContext): Promise<Rating>;
}
