import { DEFAULT_ITERATIONS } from '../scram/verifier.ts';
import { type Branch, DEFAULT_SQL_RULES } from './model.ts';

/** A branch of which nothing is said but what it is called and where it lives: as catalog.yaml is read, too. */
export const BRANCH_DEFAULTS: Omit<Branch, 'id' | 'name' | 'upstream'> = {
  parentId: undefined,
  isDefault: false,
  isProtected: false,
  endpoints: [],
  allowedIps: undefined,
  roles: [],
  authQuery: undefined,
  replication: false,
  scramIterations: DEFAULT_ITERATIONS,
  connectionLimit: undefined,
  idleSessionTimeout: undefined,
  maxSessionAge: undefined,
  resetAt: undefined,
  clientCertificate: 'optional',
  clientCertificateRole: 'off',
  sql: DEFAULT_SQL_RULES,
  provisioner: undefined,
};
