import { literal, nameArray } from './quoting.ts';

/**
 * Statements that write statements: what stands in a copied database about roles of the parent, said again about
 * their copies. Names are quoted by the server itself (`format` with %I, regclass, regprocedure), under a
 * search_path of pg_catalog alone, so that each comes with its schema.
 */

/** A role of the parent, and the branch's own. */
export interface RolePair {
  readonly parent: string;
  readonly child: string;
}

/** As a common table expression `pair(parent, child)`, oids; `names` are their names. */
function pairs(all: readonly RolePair[]): string {
  const object = literal(JSON.stringify(Object.fromEntries(all.map(({ parent, child }) => [parent, child]))));
  return `pair AS (
  SELECT p.oid AS parent, c.oid AS child, p.rolname AS parent_name, c.rolname AS child_name
  FROM pg_catalog.jsonb_each_text(${object}::pg_catalog.jsonb) m
  JOIN pg_catalog.pg_roles p ON p.rolname = m.key JOIN pg_catalog.pg_roles c ON c.rolname = m.value
)`;
}

/**
 * Owners as they are in this database, for a copy that has none of them. A sequence of a column goes with its table.
 * pg_identify_object quotes.
 */
export function ownersSql(all: readonly RolePair[]): string {
  return `WITH ${pairs(all)}
SELECT pg_catalog.format('ALTER %s %s OWNER TO %I',
  CASE i.type WHEN 'statistics object' THEN 'STATISTICS' ELSE pg_catalog.upper(i.type) END, i.identity, child_name)
FROM pg_catalog.pg_shdepend d JOIN pair ON pair.parent = d.refobjid
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) i
WHERE d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND d.deptype = 'o' AND d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
  AND i.type NOT IN ('default acl', 'user mapping', 'extension', 'publication', 'event trigger')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend o WHERE o.classid = d.classid AND o.objid = d.objid
    AND o.deptype IN ('a', 'i', 'e') AND i.type = 'sequence')`;
}

/** Every place that has an access control list: what GRANT calls the kind, the object, the list, a column's name. */
const LISTS = `
  SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::pg_catalog.regclass::pg_catalog.text,
    c.relacl, NULL::pg_catalog.name, c.oid
  FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL SELECT 'TABLE', a.attrelid::pg_catalog.regclass::pg_catalog.text, a.attacl, a.attname, a.attrelid
  FROM pg_catalog.pg_attribute a WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
  UNION ALL SELECT 'SCHEMA', pg_catalog.quote_ident(n.nspname), n.nspacl, NULL, n.oid FROM pg_catalog.pg_namespace n
  UNION ALL SELECT 'ROUTINE', p.oid::pg_catalog.regprocedure::pg_catalog.text, p.proacl, NULL, p.oid
  FROM pg_catalog.pg_proc p
  UNION ALL SELECT 'TYPE', pg_catalog.format_type(t.oid, NULL), t.typacl, NULL, t.oid FROM pg_catalog.pg_type t
  UNION ALL SELECT 'LANGUAGE', pg_catalog.quote_ident(l.lanname), l.lanacl, NULL, l.oid FROM pg_catalog.pg_language l
  UNION ALL SELECT 'FOREIGN DATA WRAPPER', pg_catalog.quote_ident(w.fdwname), w.fdwacl, NULL, w.oid
  FROM pg_catalog.pg_foreign_data_wrapper w
  UNION ALL SELECT 'FOREIGN SERVER', pg_catalog.quote_ident(s.srvname), s.srvacl, NULL, s.oid
  FROM pg_catalog.pg_foreign_server s
  UNION ALL SELECT 'LARGE OBJECT', o.oid::pg_catalog.text, o.lomacl, NULL, o.oid
  FROM pg_catalog.pg_largeobject_metadata o`;

/** GRANTs to the copies of what the parent's roles were granted, and REVOKEs of that. Run after REASSIGN OWNED. */
export function grantsSql(all: readonly RolePair[]): string {
  return `WITH ${pairs(all)}, listed(kind, object, acl, col, oid) AS (${LISTS}
), entry AS (
  SELECT l.kind, l.object, e.grantee, e.is_grantable, pg_catalog.string_agg(DISTINCT e.privilege_type ||
    CASE WHEN l.col IS NULL THEN '' ELSE pg_catalog.format(' (%I)', l.col) END, ', ') AS what
  FROM listed l CROSS JOIN LATERAL pg_catalog.aclexplode(l.acl) e
  WHERE l.acl IS NOT NULL GROUP BY 1, 2, 3, 4
)
SELECT pg_catalog.format('GRANT %s ON %s %s TO %I%s', what, kind, object, child_name,
  CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM entry JOIN pair ON pair.parent = entry.grantee
UNION ALL SELECT pg_catalog.format('REVOKE %s ON %s %s FROM %I CASCADE', what, kind, object, parent_name)
FROM entry JOIN pair ON pair.parent = entry.grantee`;
}

/** From this number on, objects are not PostgreSQL's own (FirstNormalObjectId, access/transam.h). */
const FIRST_NORMAL_OID = 16_384;

/**
 * All rights of this database, for a copy that has none of them; an extension's objects have those it comes with. A
 * role that is no pair's stays itself.
 */
export function rightsSql(all: readonly RolePair[]): string {
  return `WITH ${pairs(all)}, listed(kind, object, acl, col, oid) AS (${LISTS}
), own AS (
  SELECT l.* FROM listed l WHERE l.acl IS NOT NULL AND (l.oid >= ${FIRST_NORMAL_OID} OR (kind, object) = ('SCHEMA', 'public'))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = l.oid AND d.deptype = 'e')
), entry AS (
  SELECT o.kind, o.object, e.is_grantable, e.privilege_type ||
      CASE WHEN o.col IS NULL THEN '' ELSE pg_catalog.format(' (%I)', o.col) END AS what,
    CASE WHEN e.grantee = 0 THEN 'PUBLIC'
      ELSE pg_catalog.quote_ident(COALESCE(pair.child_name, r.rolname)) END AS grantee
  FROM own o CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) e
  LEFT JOIN pair ON pair.parent = e.grantee LEFT JOIN pg_catalog.pg_roles r ON r.oid = e.grantee
  WHERE e.grantee <> e.grantor
)
SELECT statement FROM (
  SELECT 1 AS step, pg_catalog.format('REVOKE ALL ON %s %s FROM PUBLIC', kind, object) AS statement
  FROM own WHERE col IS NULL
  UNION ALL SELECT 2, pg_catalog.format('GRANT %s ON %s %s TO %s%s', pg_catalog.string_agg(what, ', '), kind, object,
    grantee, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM entry GROUP BY kind, object, grantee, is_grantable
) ordered ORDER BY step`;
}

/** Row security for the copies as it was for the parent's roles. */
export function policiesSql(all: readonly RolePair[]): string {
  return `WITH ${pairs(all)}, named AS (
  SELECT p.oid, p.polname, p.polrelid::pg_catalog.regclass::pg_catalog.text AS relation,
    pg_catalog.string_agg(DISTINCT CASE WHEN u.role = 0 THEN 'PUBLIC'
      ELSE pg_catalog.quote_ident(COALESCE(pair.child_name, r.rolname)) END, ', ') AS roles,
    pg_catalog.bool_or(pair.child IS NOT NULL) AS concerned
  FROM pg_catalog.pg_policy p CROSS JOIN LATERAL pg_catalog.unnest(p.polroles) AS u(role)
  LEFT JOIN pair ON pair.parent = u.role LEFT JOIN pg_catalog.pg_roles r ON r.oid = u.role
  GROUP BY p.oid, p.polname, p.polrelid
)
SELECT pg_catalog.format('ALTER POLICY %I ON %s TO %s', polname, relation, roles) FROM named WHERE concerned`;
}

/**
 * ALTER DEFAULT PRIVILEGES for the copies. A list that counts in every schema replaces PostgreSQL's own, so that is
 * emptied first; one of a schema adds to it.
 */
export function defaultPrivilegesSql(all: readonly RolePair[]): string {
  return `WITH ${pairs(all)}, list AS (
  SELECT d.*, pg_catalog.quote_ident(COALESCE(o.child_name, r.rolname)) AS owner, o.child IS NOT NULL AS moved,
    CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES'
      WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END AS kind,
    COALESCE(' IN SCHEMA ' || pg_catalog.quote_ident(n.nspname), '') AS place
  FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_roles r ON r.oid = d.defaclrole
  LEFT JOIN pair o ON o.parent = d.defaclrole LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
), entry AS (
  SELECT l.owner, l.moved, l.kind, l.place, e.privilege_type, e.is_grantable, g.child IS NOT NULL AS concerned,
    CASE WHEN e.grantee = 0 THEN 'PUBLIC'
      ELSE pg_catalog.quote_ident(COALESCE(g.child_name, r.rolname)) END AS grantee
  FROM list l CROSS JOIN LATERAL pg_catalog.aclexplode(l.defaclacl) e
  LEFT JOIN pair g ON g.parent = e.grantee LEFT JOIN pg_catalog.pg_roles r ON r.oid = e.grantee
)
SELECT statement FROM (
  SELECT 1 AS step, pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %s REVOKE ALL ON %s FROM PUBLIC, %s',
    owner, kind, owner) AS statement FROM list WHERE moved AND place = ''
  UNION ALL SELECT 2, pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s GRANT %s ON %s TO %s%s', owner,
    place, privilege_type, kind, grantee, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM entry WHERE moved OR concerned
) ordered ORDER BY step`;
}

/** Logins to other servers, and their passwords, are the parent's own. */
export const USER_MAPPINGS = `SELECT pg_catalog.format('DROP USER MAPPING FOR %s SERVER %I',
  CASE WHEN umuser = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(usename) END, srvname)
FROM pg_catalog.pg_user_mappings`;

/** Event triggers that would fire for what we do here, and how to bring each back. */
export const EVENT_TRIGGERS = `SELECT pg_catalog.format('ALTER EVENT TRIGGER %I DISABLE', evtname) AS off,
  pg_catalog.format('ALTER EVENT TRIGGER %I ENABLE%s', evtname,
    CASE evtenabled WHEN 'R' THEN ' REPLICA' WHEN 'A' THEN ' ALWAYS' ELSE '' END) AS back
FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D' ORDER BY 1`;

/** Databases and tablespaces of roles, which REASSIGN OWNED takes along wherever it runs. */
export function sharedPossessionsSql(roles: readonly string[]): string {
  const owned = `IN (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ANY (${nameArray(roles)}))`;
  return `SELECT pg_catalog.format('DATABASE %I', datname) AS what, pg_catalog.pg_get_userbyid(datdba) AS owner
FROM pg_catalog.pg_database WHERE datdba ${owned}
UNION ALL SELECT pg_catalog.format('TABLESPACE %I', spcname), pg_catalog.pg_get_userbyid(spcowner)
FROM pg_catalog.pg_tablespace WHERE spcowner ${owned}`;
}

/** Subscriptions of roles: REASSIGN OWNED would move them too, and only their own database could put them back. */
export function subscriptionsSql(roles: readonly string[]): string {
  return `SELECT s.subname || ' in ' || d.datname FROM pg_catalog.pg_subscription s
JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
JOIN pg_catalog.pg_roles r ON r.oid = s.subowner WHERE r.rolname = ANY (${nameArray(roles)})`;
}

/** What a database lets be done, by grantee: to PUBLIC, to `logins`; to a role of the parent, to its copy. */
export function databaseGrantsSql(
  from: string,
  to: string,
  { all, logins }: { readonly all: readonly RolePair[]; readonly logins: readonly string[] },
): string {
  return `WITH ${pairs(all)}, entry AS (
  SELECT e.* FROM pg_catalog.pg_database d
  CROSS JOIN LATERAL pg_catalog.aclexplode(COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) e
  WHERE d.datname = ${literal(from)}
)
SELECT pg_catalog.format('GRANT %s ON DATABASE %I TO %I%s', e.privilege_type, ${literal(to)}, pair.child_name,
  CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM entry e JOIN pair ON pair.parent = e.grantee
UNION SELECT pg_catalog.format('GRANT %s ON DATABASE %I TO %I', e.privilege_type, ${literal(to)}, login)
FROM entry e CROSS JOIN pg_catalog.unnest(${nameArray(logins)}) AS login WHERE e.grantee = 0`;
}

/** Settings of a database, for all (`role` NULL) and for single roles: `name=value`. */
export function settingsSql(database: string): string {
  return `SELECT pg_catalog.to_jsonb(s.setconfig) AS settings, r.rolname AS role
FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
WHERE d.datname = ${literal(database)}`;
}
