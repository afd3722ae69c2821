import type { Verifier } from '../scram/verifier.ts';
import type { CatalogState } from './find.ts';
import type { RandomInt } from './ids.ts';
import { newBranchId, newEndpointId, newProjectId } from './ids.ts';

/** What a decision needs that cannot come from rules: the time, chance, and passwords that somebody made with it. */
export interface Fresh {
  readonly now: Date;
  readonly randomInt: RandomInt;
  /** By role; those that `passwordsNeeded` named. */
  readonly verifiers: ReadonlyMap<string, Verifier>;
  /** Names upstream of what is to be copied; where `databasesWanted` asked for them. */
  readonly databases?: readonly string[] | undefined;
}

/** Draws that may hit an id that is taken already; more is a source without chance. */
const MAX_DRAWS = 100;

export function freshProjectId(state: CatalogState, { randomInt }: Fresh): string {
  return unused(new Set(state.map(({ id }) => id)), () => newProjectId(randomInt));
}

export function freshBranchId(state: CatalogState, { randomInt }: Fresh): string {
  const taken = state.flatMap(({ branches }) => branches.map(({ id }) => id));
  return unused(new Set(taken), () => newBranchId(randomInt));
}

export function freshEndpointId(state: CatalogState, { randomInt }: Fresh): string {
  const taken = state.flatMap(({ branches }) => branches.flatMap(({ endpoints }) => endpoints));
  return unused(new Set(taken), () => newEndpointId(randomInt));
}

/** @throws Error, a defect of the caller, where none was made for the role. */
export function freshVerifier(role: string, { verifiers }: Fresh): Verifier {
  const verifier = verifiers.get(role);
  if (verifier === undefined) throw new Error('no password was made for a role that needs one');
  return verifier;
}

function unused(taken: ReadonlySet<string>, draw: () => string): string {
  for (let i = 0; i < MAX_DRAWS; i += 1) {
    const id = draw();
    if (!taken.has(id)) return id;
  }
  throw new Error('the source of numbers gives the same ones again and again');
}
