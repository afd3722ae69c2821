import type { Row } from '../upstream/control-connection.ts';
import { ProvisionError } from './error.ts';
import { literal, nameArray } from './quoting.ts';
import type { ServerSession } from './server.ts';

/** More roles than a database of people and programs has; each is copied. */
const MAX_ROLES = 500;

/** A role that has a say in the databases to be copied. */
export interface ParentRole {
  readonly name: string;
  /** Whether its objects are given to its copy: a superuser's stay, as in the parent. */
  readonly yields: boolean;
  readonly inherits: boolean;
  readonly connectionLimit: string;
  /** `VALID UNTIL`, as text. */
  readonly validUntil: string | undefined;
  /** `name=value`, of ALTER ROLE … SET. */
  readonly settings: readonly string[];
}

/** Between two of the roles. */
export interface Membership {
  readonly role: string;
  readonly member: string;
  /** False: only by SET ROLE (PostgreSQL 16 and later). */
  readonly inherits: boolean;
}

export interface RoleSurvey {
  readonly roles: readonly ParentRole[];
  readonly memberships: readonly Membership[];
}

/** Neither a superuser nor a role that comes with PostgreSQL, to which names with `pg_` are kept (manual, 22.5). */
const ORDINARY = "NOT rolsuper AND rolname !~ '^pg_'";

/**
 * Roles that own something in the databases, may do something there or are named by a policy, the owners of the
 * databases themselves, the gate's own, and all that these are members of. Not the roles that come with PostgreSQL:
 * they count for the whole cluster.
 */
function involved(databases: readonly string[], logins: readonly string[]): string {
  return `WITH RECURSIVE source AS (
  SELECT oid, datdba FROM pg_catalog.pg_database WHERE datname = ANY (${nameArray(databases)})
), named AS (
  SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ANY (${nameArray(logins)})
  UNION SELECT datdba FROM source
  UNION SELECT d.refobjid FROM pg_catalog.pg_shdepend d JOIN source s
    ON d.dbid = s.oid OR (d.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND d.objid = s.oid)
    WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
), involved AS (
  SELECT oid FROM named
  UNION SELECT m.roleid FROM pg_catalog.pg_auth_members m JOIN involved i ON m.member = i.oid
), chosen AS (
  SELECT r.* FROM pg_catalog.pg_roles r
  WHERE r.oid IN (SELECT oid FROM involved)
    AND (r.rolname = ANY (${nameArray(logins)}) OR r.oid IN (SELECT datdba FROM source)
      OR (${ORDINARY}))
)`;
}

/** @throws ProvisionError where there are too many. */
export async function surveyRoles(
  session: ServerSession,
  databases: readonly string[],
  logins: readonly string[],
): Promise<RoleSurvey> {
  const chosen = involved(databases, logins);
  const roles = await session.run(`${chosen}
SELECT rolname, ${ORDINARY} AS yields, rolinherit, rolconnlimit,
  rolvaliduntil, pg_catalog.to_jsonb(rolconfig) AS settings
FROM chosen ORDER BY rolname LIMIT ${MAX_ROLES + 1}`);
  if (roles.length > MAX_ROLES)
    throw new ProvisionError(
      `more than ${MAX_ROLES} roles have rights in the parent: branch from a smaller one`,
    );
  // inherit_option came with PostgreSQL 16.
  const memberships = await session.run(`${chosen}
SELECT DISTINCT r.rolname AS role, u.rolname AS member,
  COALESCE((pg_catalog.to_jsonb(m) ->> 'inherit_option')::pg_catalog.bool, true) AS inherits
FROM pg_catalog.pg_auth_members m JOIN chosen r ON r.oid = m.roleid JOIN chosen u ON u.oid = m.member
WHERE NOT r.rolsuper`);
  return {
    roles: roles.map(roleOf),
    memberships: memberships.map((row) => ({
      role: textOf(row, 'role'),
      member: textOf(row, 'member'),
      inherits: row.get('inherits') === 't',
    })),
  };
}

function roleOf(row: Row): ParentRole {
  return {
    name: textOf(row, 'rolname'),
    yields: row.get('yields') === 't',
    inherits: row.get('rolinherit') === 't',
    connectionLimit: textOf(row, 'rolconnlimit'),
    validUntil: row.get('rolvaliduntil') ?? undefined,
    settings: JSON.parse(row.get('settings') ?? '[]') as string[],
  };
}

/** A database that is to be copied. */
export interface ParentDatabase {
  readonly name: string;
  readonly owner: string;
  readonly connectionLimit: string;
  /** Bytes; undefined where our role may not know. */
  readonly size: number | undefined;
  /** What a login can fire there (PostgreSQL 17 and later). */
  readonly hasLoginTrigger: boolean;
}

/** @throws ProvisionError where one of them is not there. */
export async function surveyDatabases(
  session: ServerSession,
  names: readonly string[],
): Promise<ParentDatabase[]> {
  const rows = await session.run(`SELECT d.datname, r.rolname, d.datconnlimit,
  CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT') THEN pg_catalog.pg_database_size(d.oid) END AS size,
  COALESCE((pg_catalog.to_jsonb(d) ->> 'dathasloginevt')::pg_catalog.bool, false) AS login
FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
WHERE d.datname = ANY (${nameArray(names)})`);
  return names.map((name) => {
    const row = rows.find((each) => each.get('datname') === name);
    if (row === undefined)
      throw new ProvisionError(`there is no database ${JSON.stringify(name)} on the cluster to copy`);
    return {
      name,
      owner: textOf(row, 'rolname'),
      connectionLimit: textOf(row, 'datconnlimit'),
      size: row.get('size') == null ? undefined : Number(row.get('size')),
      hasLoginTrigger: row.get('login') === 't',
    };
  });
}

/** Databases that belong to these roles and that people may enter, in the order of their names. */
export async function ownedDatabases(session: ServerSession, roles: readonly string[]): Promise<string[]> {
  return await session.texts(`SELECT d.datname FROM pg_catalog.pg_database d
JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
WHERE r.rolname = ANY (${nameArray(roles)}) AND d.datallowconn AND NOT d.datistemplate ORDER BY 1`);
}

/** Names, of roles or databases, that are taken. */
export async function takenNames(
  session: ServerSession,
  { roles, databases }: { readonly roles: readonly string[]; readonly databases: readonly string[] },
): Promise<string[]> {
  return await session.texts(`SELECT 'role ' || rolname FROM pg_catalog.pg_roles
  WHERE rolname = ANY (${nameArray(roles)})
UNION ALL SELECT 'database ' || datname FROM pg_catalog.pg_database
  WHERE datname = ANY (${nameArray(databases)})`);
}

/** What we write on roles that we make: nobody but an administrator of roles can change it. */
export function markOf(branchId: string): string {
  return `portcullis branch ${branchId}`;
}

/** Roles that were made for a branch. */
export async function markedRoles(session: ServerSession, branchId: string): Promise<string[]> {
  return await session.texts(`SELECT r.rolname FROM pg_catalog.pg_roles r
JOIN pg_catalog.pg_shdescription d ON d.objoid = r.oid AND d.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass
WHERE d.description = ${literal(markOf(branchId))} ORDER BY 1`);
}

/** Of these databases, those that belong to a role made for the branch: only such are ever dropped. */
export async function databasesMadeFor(
  session: ServerSession,
  branchId: string,
  names: readonly string[],
): Promise<string[]> {
  return await session.texts(`SELECT b.datname FROM pg_catalog.pg_database b
JOIN pg_catalog.pg_shdescription d ON d.objoid = b.datdba AND d.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass
WHERE d.description = ${literal(markOf(branchId))} AND b.datname = ANY (${nameArray(names)}) ORDER BY 1`);
}

function textOf(row: Row, column: string): string {
  const text = row.get(column);
  if (typeof text !== 'string') throw new ProvisionError(`the cluster did not tell ${column}`);
  return text;
}
