import { formatVerifier, type Verifier } from '../scram/verifier.ts';
import { DevError } from './error.ts';

/** Bytes that a name may have; the server would cut a longer one in silence (NAMEDATALEN - 1). */
const MAX_NAME_BYTES = 63;

/** The role that dev's clients log in as, and the database that belongs to it. */
export interface DevCredentials {
  readonly role: string;
  readonly verifier: Verifier;
  readonly database: string;
}

/**
 * The SQL that makes role and database in a new cluster. The server is given the verifier, so that no password
 * is ever in SQL; the text is a secret all the same.
 *
 * @throws DevError for a name that the server would not keep as it is
 */
export function devBootstrap({ role, verifier, database }: DevCredentials): string[] {
  return [
    `CREATE ROLE ${quoteIdentifier(role)} LOGIN NOSUPERUSER CREATEDB CREATEROLE PASSWORD '${formatVerifier(verifier)}'`,
    `CREATE DATABASE ${quoteIdentifier(database)} OWNER ${quoteIdentifier(role)}`,
  ];
}

/** The SQL that gives an existing role another verifier. A secret. */
export function devVerifier({ role, verifier }: Pick<DevCredentials, 'role' | 'verifier'>): string[] {
  return [`ALTER ROLE ${quoteIdentifier(role)} LOGIN PASSWORD '${formatVerifier(verifier)}'`];
}

/**
 * A name as SQL takes it literally: in double quotes, those within doubled (manual, 4.1.1). Text that is not
 * valid Unicode would reach the server as other text (CVE-2025-1094 is about such), so it is refused.
 */
export function quoteIdentifier(name: string): string {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > MAX_NAME_BYTES || name.includes('\0') || !name.isWellFormed()) {
    throw new DevError(`a role's or database's name has 1 to ${MAX_NAME_BYTES} bytes of UTF-8 without NUL`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}
