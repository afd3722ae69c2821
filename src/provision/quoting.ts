import { MAX_NAME_BYTES } from '../wire/limits.ts';
import { ProvisionError } from './error.ts';

/**
 * A name as SQL takes it literally: in double quotes, those within doubled (PostgreSQL manual, 4.1.1). Text that
 * is not valid Unicode would reach the server as other text (CVE-2025-1094), and a name over NAMEDATALEN - 1
 * bytes as another name.
 * @throws ProvisionError for a name that PostgreSQL would not keep as it is.
 */
export function identifier(name: string): string {
  if (name === '' || Buffer.byteLength(name) > MAX_NAME_BYTES) throw unusable(`1 to ${MAX_NAME_BYTES} bytes`);
  return `"${clean(name).replaceAll('"', '""')}"`;
}

/**
 * A text in single quotes, those within doubled; a backslash is one only where `standard_conforming_strings` is
 * on, which our sessions pin.
 * @throws ProvisionError for text that cannot be sent.
 */
export function literal(text: string): string {
  return `'${clean(text).replaceAll("'", "''")}'`;
}

/** A list of texts as an array of names. */
export function nameArray(names: readonly string[]): string {
  return `ARRAY[${names.map(literal).join(', ')}]::pg_catalog.name[]`;
}

function clean(text: string): string {
  if (text.includes('\0') || !text.isWellFormed()) throw unusable('UTF-8 without NUL');
  return text;
}

function unusable(what: string): ProvisionError {
  return new ProvisionError(`a name or setting upstream is not ${what}: rename it there`);
}
