import { branchIn, deleteBranch, renameBranch, setDefault, setProtection } from './branch-rules.ts';
import { createBranch, databasesWanted, parentOf, resetBranch, rolesToRenew } from './branching.ts';
import type { Command, SetPassword } from './commands.ts';
import { createEndpoint, deleteEndpoint } from './endpoint-rules.ts';
import type { CatalogEvent } from './events.ts';
import { branchOf, type CatalogState, findBranch, findProject } from './find.ts';
import type { Fresh } from './fresh.ts';
import { editList } from './list-rules.ts';
import type { Branch } from './model.ts';
import { createProject, deleteProject } from './project-rules.ts';
import { Rejected, type Rejection } from './rejection.ts';
import { createRole, deleteRole, resetPassword, setUpstream } from './role-rules.ts';
import type { Secret } from './secret.ts';
import type { BranchRef } from './snapshot.ts';

/** No events: everything is as the command wants it already. */
export type Decision = { readonly events: readonly CatalogEvent[] } | { readonly rejection: Rejection };

/** What the rules make of a command. */
export function decide(state: CatalogState, command: Command, fresh: Fresh): Decision {
  return ruled(() => ({ events: eventsOf(state, command, fresh) }));
}

/** Roles for which the command makes a password, and the iterations that their branch's verifiers have. */
export interface PasswordsNeeded {
  readonly roles: readonly string[];
  readonly iterations: number;
  /** What somebody chose for the one role; undefined: made by chance. */
  readonly given?: Secret | undefined;
}

/** What `decide` wants in `fresh.verifiers`. */
export function passwordsNeeded(
  state: CatalogState,
  command: Command,
): PasswordsNeeded | { readonly rejection: Rejection } {
  return ruled(() => needs(state, command));
}

/** A branch whose databases `decide` wants in `fresh.databases`; undefined where it wants none. */
export function branchToCopy(
  state: CatalogState,
  command: Command,
): { readonly copied: BranchRef | undefined } | { readonly rejection: Rejection } {
  return ruled(() => ({
    copied: command.type === 'create-branch' ? databasesWanted(state, command) : undefined,
  }));
}

function needs(state: CatalogState, command: Command): PasswordsNeeded {
  switch (command.type) {
    case 'create-branch': {
      const parent = branchOf(findProject(state, command.project), command.parent);
      return { roles: rolesToRenew(parent), iterations: parent.scramIterations };
    }
    case 'reset-branch': {
      const place = branchIn(state, command);
      if (place.branch.parentId === undefined) return noneFor(place.branch);
      const roles = rolesToRenew(parentOf(place), place.branch.roles);
      return { roles, iterations: place.branch.scramIterations };
    }
    case 'create-role':
    case 'reset-password':
      return needsOf(findBranch(state, command.project, command.branch).branch, command);
    default:
      return { roles: [], iterations: 0 };
  }
}

function needsOf(branch: Branch, { role, login }: SetPassword): PasswordsNeeded {
  if (login !== undefined && 'verifier' in login) return noneFor(branch);
  return { roles: [role], iterations: branch.scramIterations, given: login?.password };
}

function noneFor({ scramIterations }: Branch): PasswordsNeeded {
  return { roles: [], iterations: scramIterations };
}

function eventsOf(state: CatalogState, command: Command, fresh: Fresh): CatalogEvent[] {
  switch (command.type) {
    case 'create-project':
      return createProject(state, command, fresh);
    case 'delete-project':
      return deleteProject(state, command.project);
    case 'create-branch':
      return createBranch(state, command, fresh);
    case 'delete-branch':
      return deleteBranch(branchIn(state, command));
    case 'reset-branch':
      return resetBranch(branchIn(state, command), fresh);
    case 'rename-branch':
      return renameBranch(branchIn(state, command), command);
    case 'protect-branch':
      return setProtection(branchIn(state, command), true);
    case 'unprotect-branch':
      return setProtection(branchIn(state, command), false);
    case 'set-default-branch':
      return setDefault(branchIn(state, command));
    case 'create-endpoint':
      return createEndpoint(findBranch(state, command.project, command.branch), state, fresh);
    case 'delete-endpoint':
      return deleteEndpoint(state, command.endpoint);
    case 'create-role':
      return createRole(findBranch(state, command.project, command.branch), command, fresh);
    case 'delete-role':
      return deleteRole(findBranch(state, command.project, command.branch), command.role);
    case 'reset-password':
      return resetPassword(findBranch(state, command.project, command.branch), command, fresh);
    case 'set-upstream':
      return setUpstream(findBranch(state, command.project, command.branch), command);
    case 'add-ips':
    case 'remove-ips':
    case 'reset-ips':
      return editList(state, command);
  }
}

function ruled<Ruling>(rule: () => Ruling): Ruling | { readonly rejection: Rejection } {
  try {
    return rule();
  } catch (error) {
    if (error instanceof Rejected) return { rejection: { message: error.message, fault: error.fault } };
    throw error;
  }
}
