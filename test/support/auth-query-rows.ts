import { formatVerifier, makeVerifier } from '../../src/scram/verifier.ts';
import type { Row } from '../../src/upstream/control-connection.ts';

/** What an upstream says of a role that may log in. */
export const GOOD_ROW = {
  rolname: 'app',
  rolpassword: formatVerifier(await makeVerifier('open sesame', Buffer.from('salt of 16 bytes'), 4096)),
  rolcanlogin: 't',
  rolsuper: 'f',
  rolreplication: 'f',
  valid: 't',
} as const;

export function rowOf(columns: Readonly<Record<string, string | null>>): Row {
  return new Map(Object.entries(columns));
}
