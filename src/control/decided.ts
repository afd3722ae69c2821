import type { Command } from '../catalog/commands.ts';
import { decide, type PasswordsNeeded, passwordsNeeded } from '../catalog/decide.ts';
import type { CatalogEvent } from '../catalog/events.ts';
import type { CatalogState } from '../catalog/find.ts';
import { Rejected, type Rejection } from '../catalog/rejection.ts';
import { generatePassword } from '../passwords/generate.ts';
import { makeVerifier, SALT_LENGTH, type Verifier } from '../scram/verifier.ts';
import type { Chance } from './ports.ts';

/** What a command did. */
export interface Done {
  /** None where everything was as the command wants it already. */
  readonly events: readonly CatalogEvent[];
  /** New generated passwords by role, to be shown once: the catalog keeps only their verifiers. */
  readonly passwords: ReadonlyMap<string, string>;
  readonly before: CatalogState;
  readonly after: CatalogState;
}

/** What the rules make of a command, with passwords where it needs some. @throws Rejected. */
export async function decided(
  state: CatalogState,
  command: Command,
  chance: Chance,
): Promise<Pick<Done, 'events' | 'passwords'>> {
  const needed = allowed(passwordsNeeded(state, command));
  const { passwords, verifiers } = await makePasswords(needed, chance);
  const fresh = { now: chance.now(), randomInt: (bound: number) => chance.randomInt(bound), verifiers };
  const { events } = allowed(decide(state, command, fresh));
  return { events, passwords };
}

export async function makePasswords(
  { roles, iterations, given }: PasswordsNeeded,
  chance: Chance,
): Promise<{ passwords: Map<string, string>; verifiers: Map<string, Verifier> }> {
  const passwords = new Map<string, string>();
  const verifiers = new Map<string, Verifier>();
  for (const role of roles) {
    const password = given?.reveal() ?? generatePassword((length) => chance.randomBytes(length));
    // Whoever gave one knows it.
    if (given === undefined) passwords.set(role, password);
    verifiers.set(role, await makeVerifier(password, chance.randomBytes(SALT_LENGTH), iterations));
  }
  return { passwords, verifiers };
}

export function allowed<Ruling extends object>(ruling: Ruling | { readonly rejection: Rejection }): Ruling {
  if (!('rejection' in ruling)) return ruling;
  throw new Rejected(ruling.rejection.message, ruling.rejection.fault);
}
