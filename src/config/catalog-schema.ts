import { z } from 'zod';
import { MIN_BITS } from '../passwords/generate.ts';
import { MAX_ITERATIONS } from '../scram/keys.ts';
import { DEFAULT_ITERATIONS } from '../scram/verifier.ts';
import { SECRET_FORMS, secret, verifier } from './catalog-fields.ts';
import { cluster, upstream } from './catalog-upstream.ts';
import {
  allowlistEntry,
  duration,
  flag,
  instant,
  integer,
  keys,
  listOf,
  matching,
  oneOf,
  parsed,
  postgresName,
  text,
} from './fields.ts';
import type { CatalogSurroundings } from './surroundings.ts';

/** More than a verifier keeps of any password. */
const MAX_BITS = 256;
/** Far more than a process can hold. */
const MAX_CONNECTIONS = 1_000_000;
const SECOND = 1000;
/** Timers count to 2^31 - 1 ms, 24.8 days. */
const MAX_SPAN = 24 * 86_400 * SECOND;

const PROJECT_ID = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const BRANCH_ID = /^br-[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$/;
/** A label of a host name (RFC 1035, 2.3.4): clients name it by SNI. */
const ENDPOINT_ID = /^ep-[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$/;

/** catalog.yaml as it is written; `parseCatalog` gives it its final shape. */
export function catalogSchema(surroundings: CatalogSurroundings) {
  return keys({
    projects: listOf(project(surroundings)).describe('Projects, in the field names of the Neon API.'),
  });
}

export type WrittenProject = z.output<ReturnType<typeof catalogSchema>>['projects'][number];
export type WrittenBranch = WrittenProject['branches'][number];

function project(surroundings: CatalogSurroundings) {
  return keys({
    id: matching(PROJECT_ID, 'must be lower-case letters, digits and hyphens, at most 63').describe('Id.'),
    name: text().optional().describe('For people.'),
    settings: keys({
      allowed_ips: projectAllowedIps().optional().describe('Without it, everyone is admitted.'),
    })
      .prefault({})
      .describe('Settings of all branches.'),
    cluster: cluster(surroundings).optional().describe('Where branches are made.'),
    branches: listOf(branch(surroundings))
      .min(1, { error: 'must have at least one branch' })
      .describe('Exactly one is the default.'),
  });
}

function projectAllowedIps() {
  return keys({
    ips: listOf(allowlistEntry()).describe('Addresses, CIDRs and ranges a-b; an empty list admits nobody.'),
    protected_branches_only: flag()
      .default(false)
      .describe('Whether the list counts on protected branches only.'),
  });
}

function branch(surroundings: CatalogSurroundings) {
  return keys({
    id: matching(BRANCH_ID, 'must be br- and lower-case letters, digits and hyphens, at most 63').describe(
      'Id.',
    ),
    name: text().max(256, { error: 'must have at most 256 characters' }).describe('Unique in its project.'),
    default: flag()
      .default(false)
      .describe('Where clients go that name no endpoint; one branch of a project.'),
    protected: flag()
      .default(false)
      .describe('Guarded against deletion and, where the project says so, by its list.'),
    parent_id: text().optional().describe('Id of the branch that this one was made from.'),
    provisioner: oneOf(['template', 'dump'])
      .optional()
      .describe('How its databases and roles were made upstream; they are dropped with it.'),
    allowed_ips: keys({
      ips: listOf(allowlistEntry())
        .min(1, {
          error:
            "must not be empty: 0.0.0.0/0, ::/0 opens the branch, without allowed_ips the project's list counts",
        })
        .describe('Addresses, CIDRs and ranges a-b.'),
    })
      .optional()
      .describe("The branch's own list, instead of the project's."),
    endpoints: listOf(endpoint()).default([]).describe('Names by which clients reach the branch.'),
    upstream: upstream(surroundings).describe('Where the data lives.'),
    auth_query: authQuery(surroundings).optional().describe('Reads verifiers from the upstream.'),
    replication: flag().default(false).describe('Whether replication= is let through.'),
    scram_iterations: integer(1, MAX_ITERATIONS)
      .default(DEFAULT_ITERATIONS)
      .describe('Iterations that unknown names are told, as many as real ones have.'),
    connection_limit: integer(1, MAX_CONNECTIONS)
      .optional()
      .describe('Sessions at a time; no bound without it.'),
    idle_session_timeout: span()
      .optional()
      .describe('How long a session may wait for a statement outside a transaction; no bound without it.'),
    max_session_age: span().optional().describe('How long a session may last; no bound without it.'),
    reset_at: instant()
      .optional()
      .describe('When branches reset was run last; a later time cuts the sessions that are open.'),
    client_certificate: oneOf(['off', 'optional', 'required'])
      .default('optional')
      .describe('Whether clients must show a certificate of tls.client_ca.'),
    client_certificate_role: oneOf(['off', 'cn', 'san'])
      .default('off')
      .describe("Which of the certificate's names must be the role's."),
    sql: sql().prefault({}).describe('Rules for statements.'),
    roles: listOf(role(surroundings)).default([]).describe('Roles that log in here.'),
  }).superRefine((written, context) => {
    if (written.client_certificate !== 'off' || written.client_certificate_role === 'off') return;
    const message = 'client_certificate_role needs a certificate: client_certificate must not be off';
    context.addIssue({ code: 'custom', path: ['client_certificate_role'], message });
  });
}

function span() {
  return duration({ min: SECOND, max: MAX_SPAN });
}

function endpoint() {
  return keys({
    id: matching(
      ENDPOINT_ID,
      'must be ep- and lower-case letters, digits and hyphens, at most 63: it is a label of a host name',
    ).describe('First label of the host name that clients use.'),
  });
}

function authQuery(surroundings: CatalogSurroundings) {
  return keys({
    role: postgresName('role').describe('Upstream role that asks.'),
    password: secret(surroundings).optional().describe(`Its password, ${SECRET_FORMS}.`),
    database: postgresName('database').default('postgres').describe('Upstream database in which it asks.'),
    query: parsed((query) =>
      query.includes('$1') ? { value: query } : { problem: 'must have $1 in it, for the name of the role' },
    )
      .optional()
      .describe('By default, pg_catalog.pg_authid is read.'),
    superusers: flag().default(false).describe('Whether superusers may log in.'),
    replication_roles: flag().default(false).describe('Whether roles with REPLICATION may log in.'),
  });
}

function sql() {
  return keys({
    password_min_bits: minBits()
      .default(MIN_BITS)
      .describe('Bits of the weakest password that SQL may set; off: statements are not looked at.'),
    prehashed_passwords: oneOf(['refuse', 'allow'])
      .default('refuse')
      .describe('Whether SQL may set a password by its hash, whose strength nobody knows.'),
    audit: oneOf(['none', 'ddl', 'all'])
      .default('none')
      .describe('Statements that the audit trail has: none, those that change definitions, or all.'),
    audit_parameters: flag()
      .default(false)
      .describe("Whether it also has the values of parameters: they are the clients' data."),
  });
}

function minBits() {
  return z.union([z.literal('off'), integer(1, MAX_BITS)], {
    error: `must be off, or a whole number from 1 to ${MAX_BITS}`,
  });
}

function role(surroundings: CatalogSurroundings) {
  return keys({
    name: postgresName('role').describe('Name by which clients log in.'),
    connection_limit: integer(1, MAX_CONNECTIONS)
      .optional()
      .describe('Sessions at a time on this branch; no bound but that of the branch without it.'),
    verifier: verifier().optional().describe('SCRAM verifier, as in pg_authid.rolpassword. A secret.'),
    verifier_unrated: flag()
      .default(false)
      .describe('Set where the verifier was given as it is: nobody knows how strong its password is.'),
    no_login: flag().default(false).describe('Refuses the role like an unknown one.'),
    upstream: keys({
      role: postgresName('role').optional().describe('By default, the same name.'),
      password: secret(surroundings)
        .optional()
        .describe(`Password, ${SECRET_FORMS}; by default the client's proof logs in (passthrough).`),
    })
      .prefault({})
      .describe('How the gateway logs in upstream.'),
  }).refine(({ verifier: known, no_login: barred }) => known !== undefined || barred, {
    error: 'this role has no verifier: add one, or no_login: true',
  });
}
