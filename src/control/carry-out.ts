import type { Command } from '../catalog/commands.ts';
import { decide, type PasswordsNeeded, passwordsNeeded } from '../catalog/decide.ts';
import type { CatalogEvent } from '../catalog/events.ts';
import type { CatalogState } from '../catalog/find.ts';
import { Rejected, type Rejection } from '../catalog/rejection.ts';
import { generatePassword } from '../passwords/generate.ts';
import { makeVerifier, SALT_LENGTH, type Verifier } from '../scram/verifier.ts';
import type { CatalogDesk, Chance } from './ports.ts';

/** What a command did. */
export interface Done {
  /** None where everything was as the command wants it already. */
  readonly events: readonly CatalogEvent[];
  /** New passwords by role, to be shown once: the catalog keeps only their verifiers. */
  readonly passwords: ReadonlyMap<string, string>;
  readonly before: CatalogState;
  readonly after: CatalogState;
}

/**
 * Does what a command wants, if the rules let it.
 * @throws Rejected where they do not; what the desk throws.
 */
export async function carryOut(desk: CatalogDesk, command: Command, chance: Chance): Promise<Done> {
  let done: Omit<Done, 'after'> | undefined;
  const after = await desk.change(async (before) => {
    done = { ...(await decided(before, command, chance)), before };
    return done.events;
  });
  if (done === undefined) throw new Error('the desk changed the catalog without asking');
  return { ...done, after };
}

/**
 * Whether the rules let a command through, before a person is asked to confirm it. Nothing changes.
 * @throws Rejected where they do not.
 */
export async function rehearse(desk: CatalogDesk, command: Command, chance: Chance): Promise<void> {
  await decided(desk.read(), command, chance);
}

async function decided(
  state: CatalogState,
  command: Command,
  chance: Chance,
): Promise<Pick<Done, 'events' | 'passwords'>> {
  const needed = allowed(passwordsNeeded(state, command));
  const { passwords, verifiers } = await makePasswords(needed, chance);
  const fresh = { randomInt: (bound: number) => chance.randomInt(bound), verifiers };
  const { events } = allowed(decide(state, command, fresh));
  return { events, passwords };
}

async function makePasswords(
  { roles, iterations }: PasswordsNeeded,
  chance: Chance,
): Promise<{ passwords: Map<string, string>; verifiers: Map<string, Verifier> }> {
  const passwords = new Map<string, string>();
  const verifiers = new Map<string, Verifier>();
  for (const role of roles) {
    const password = generatePassword((length) => chance.randomBytes(length));
    passwords.set(role, password);
    verifiers.set(role, await makeVerifier(password, chance.randomBytes(SALT_LENGTH), iterations));
  }
  return { passwords, verifiers };
}

function allowed<Ruling extends object>(ruling: Ruling | { readonly rejection: Rejection }): Ruling {
  if (!('rejection' in ruling)) return ruling;
  throw new Rejected(ruling.rejection.message, ruling.rejection.fault);
}
