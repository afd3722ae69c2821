import { formatVerifier, type Verifier } from '../scram/verifier.ts';
import type { RolePair } from './adopt-sql.ts';
import { identifier, literal } from './quoting.ts';
import type { ServerFacts } from './server.ts';
import { settingStatements } from './settings.ts';
import { markOf, type ParentRole, type RoleSurvey } from './survey.ts';

/** From this version on a membership says for itself whether it inherits (PostgreSQL 16, GRANT). */
const MEMBERSHIP_OPTIONS_SINCE = 160_000;

/**
 * No attribute of the parent's that counts beyond the branch's own databases, whatever the parent has:
 * CREATEROLE, for one, would reach the parent's roles.
 */
const CONFINED = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';

/** A role to be made. */
export interface WantedRole {
  readonly name: string;
  /** Undefined: it does not log in. The password itself is nowhere. */
  readonly verifier: Verifier | undefined;
  /** The role it is made after; undefined: none is there. */
  readonly after: ParentRole | undefined;
}

/** @returns statements for one transaction. Some hold verifiers. */
export function makeRoles(wanted: readonly WantedRole[], branchId: string, facts: ServerFacts): string[] {
  return wanted.flatMap(({ name, verifier, after }) => [
    `CREATE ROLE ${identifier(name)} ${CONFINED}${attributes(after)}${loginOf(verifier)}`,
    `COMMENT ON ROLE ${identifier(name)} IS ${literal(markOf(branchId))}`,
    ...(facts.isSuperuser ? [] : [oursToUse(name, facts)]),
    ...settingStatements(`ALTER ROLE ${identifier(name)}`, after?.settings ?? []),
  ]);
}

/** Who of the copies is a member of which; nobody of anyone else. */
export function grantMemberships(
  { memberships }: RoleSurvey,
  all: readonly RolePair[],
  { version }: ServerFacts,
): string[] {
  const childOf = new Map(all.map(({ parent, child }) => [parent, child]));
  return memberships.flatMap(({ role, member, inherits }) => {
    const [to, of] = [childOf.get(member), childOf.get(role)];
    if (to === undefined || of === undefined) return [];
    const option = version >= MEMBERSHIP_OPTIONS_SINCE ? ` WITH INHERIT ${inherits ? 'TRUE' : 'FALSE'}` : '';
    return [`GRANT ${identifier(of)} TO ${identifier(to)}${option}`];
  });
}

/** A new password, and with it the right to log in. A secret. */
export function setVerifier(name: string, verifier: Verifier): string {
  return `ALTER ROLE ${identifier(name)} PASSWORD ${literal(formatVerifier(verifier))}`;
}

export function openLogin(name: string, verifier: Verifier): string {
  return `ALTER ROLE ${identifier(name)} LOGIN PASSWORD ${literal(formatVerifier(verifier))}`;
}

/** What it owns stays. */
export function closeLogin(name: string): string {
  return `ALTER ROLE ${identifier(name)} NOLOGIN PASSWORD NULL`;
}

function attributes(after: ParentRole | undefined): string {
  if (after === undefined) return '';
  const until = after.validUntil === undefined ? '' : ` VALID UNTIL ${literal(after.validUntil)}`;
  return ` ${after.inherits ? 'INHERIT' : 'NOINHERIT'} CONNECTION LIMIT ${Number(after.connectionLimit)}${until}`;
}

function loginOf(verifier: Verifier | undefined): string {
  return verifier === undefined ? ' NOLOGIN' : ` LOGIN PASSWORD ${literal(formatVerifier(verifier))}`;
}

/** Whoever is no superuser gives objects only to roles that it is a member of. */
function oursToUse(name: string, { version }: ServerFacts): string {
  const options = version >= MEMBERSHIP_OPTIONS_SINCE ? ' WITH INHERIT TRUE, SET TRUE' : '';
  return `GRANT ${identifier(name)} TO CURRENT_USER${options}`;
}
