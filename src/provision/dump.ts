import { randomBytes } from 'node:crypto';
import type { Cluster } from '../catalog/model.ts';
import { Secret } from '../catalog/secret.ts';
import { generatePassword } from '../passwords/generate.ts';
import { DEFAULT_ITERATIONS, makeVerifier, SALT_LENGTH } from '../scram/verifier.ts';
import { ProvisionError } from './error.ts';
import type { Programs } from './ports.ts';
import { identifier, literal } from './quoting.ts';
import { makeRoles } from './role-sql.ts';
import { eventTriggersOff, type ServerSession } from './server.ts';
import type { ParentDatabase } from './survey.ts';

/** `server_version_num` of a major version's first. */
const MAJOR = 10_000;

export interface Dump {
  readonly from: ParentDatabase;
  readonly to: string;
  readonly branchId: string;
  /** A role for the restore alone: it owns the database, is a member of nothing, and goes afterwards. */
  readonly restorer: string;
  readonly cluster: Cluster;
  readonly programs: Programs;
  readonly signal: AbortSignal;
}

/**
 * Copies a database by `pg_dump | pg_restore`, while its parent stays online. Whatever the dump holds runs as a role
 * that can do nothing outside of the copy; so what only a superuser may make (event triggers, most foreign data
 * wrappers, some extensions) ends it.
 * @throws ProvisionError, StatementFailed.
 */
export async function copyByDump(session: ServerSession, dump: Dump): Promise<void> {
  const { from, to, branchId, restorer, cluster, programs, signal } = dump;
  const password = generatePassword((length) => randomBytes(length));
  const verifier = await makeVerifier(password, randomBytes(SALT_LENGTH), DEFAULT_ITERATIONS);
  const made = makeRoles([{ name: restorer, verifier, after: undefined }], branchId, session.facts);
  await session.run(made.join(';\n'));
  await session.run(await emptyDatabase(session, dump));
  await session.run(`REVOKE ALL ON DATABASE ${identifier(to)} FROM PUBLIC`);
  const options = eventTriggersOff(session.facts) ? '-c event_triggers=off' : '';
  const { upstream: target, role } = cluster;
  await programs.dumpAndRestore(
    { target, role, password: cluster.password, database: from.name, options },
    { target, role: restorer, password: new Secret(password), database: to, options: '' },
    { serverMajor: Math.floor(session.facts.version / MAJOR), signal },
  );
  await session.run(`ALTER ROLE ${identifier(restorer)} NOLOGIN PASSWORD NULL`);
}

/** As CREATE DATABASE … TEMPLATE would have it: the same encoding and locale (pg_dump's dumpDatabase). */
async function emptyDatabase(session: ServerSession, { from, to, restorer }: Dump): Promise<string> {
  const [row] =
    await session.run(`SELECT pg_catalog.pg_encoding_to_char(encoding) AS encoding, datcollate, datctype,
  pg_catalog.to_jsonb(d) ->> 'datlocprovider' AS provider, pg_catalog.to_jsonb(d) ->> 'daticulocale' AS icu,
  pg_catalog.to_jsonb(d) ->> 'datlocale' AS locale
FROM pg_catalog.pg_database d WHERE datname = ${literal(from.name)}`);
  if (row === undefined) throw new ProvisionError(`database ${from.name} is gone: try again`);
  const text = (column: string): string => literal(row.get(column) ?? '');
  const locale = row.get('locale') ?? row.get('icu');
  const provider: Record<string, string> = {
    i: ` LOCALE_PROVIDER icu ICU_LOCALE ${literal(locale ?? '')}`,
    b: ` LOCALE_PROVIDER builtin BUILTIN_LOCALE ${literal(locale ?? '')}`,
  };
  return `CREATE DATABASE ${identifier(to)} TEMPLATE template0 OWNER ${identifier(restorer)}
ENCODING ${text('encoding')} LC_COLLATE ${text('datcollate')} LC_CTYPE ${text('datctype')}${
    provider[row.get('provider') ?? ''] ?? ''
  } CONNECTION LIMIT ${Number(from.connectionLimit)}`;
}
