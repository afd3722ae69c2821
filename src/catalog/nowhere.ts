import { allowlistFrom } from '../allowlist/entries.ts';
import { DEFAULT_ITERATIONS } from '../scram/verifier.ts';
import { type Branch, DEFAULT_SQL_RULES, type Project } from './model.ts';

/** A name that no branch can have, so that nothing finds it by chance. */
const NO_ID = '';

const branch: Branch = {
  id: NO_ID,
  name: NO_ID,
  parentId: undefined,
  isDefault: false,
  isProtected: false,
  endpoints: [],
  allowedIps: undefined,
  upstream: {
    host: 'nowhere.invalid',
    port: 5432,
    sslmode: 'verify-full',
    sslrootcert: undefined,
    requireAuth: new Set(),
    channelBinding: 'require',
    proxyProtocol: 'off',
    database: undefined,
  },
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

const project: Project = {
  id: NO_ID,
  name: undefined,
  allowedIps: undefined,
  cluster: undefined,
  branches: [branch],
};

/**
 * The branch behind every endpoint that does not exist. Nobody has a role there and everybody is admitted, so that a
 * login goes through the very same code as on any branch, and ends as a wrong password does: by the clock, too, who
 * asks cannot tell (a step left out is worth some µs, which 2,000 tries show).
 */
export const NOWHERE = {
  project,
  branch,
  allowlist: allowlistFrom(['0.0.0.0/0', '::/0'], 'nowhere'),
} as const;
