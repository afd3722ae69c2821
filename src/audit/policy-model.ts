import { z } from 'zod';

/** A setting as it may be shown; lists are sorted where their order means nothing. */
const value = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string()).readonly()]);

/**
 * `settings`: by the names that the catalog file has for them. `secrets`: keyed fingerprints, which tell that a
 * secret is another one and nothing else.
 */
const settled = {
  settings: z.record(z.string(), value).readonly(),
  secrets: z.record(z.string(), z.string()).readonly(),
};

const role = z.object({ name: z.string(), ...settled }).readonly();

const branch = z
  .object({
    id: z.string(),
    ...settled,
    endpoints: z.array(z.string()).readonly(),
    roles: z.array(role).readonly(),
  })
  .readonly();

const project = z.object({ id: z.string(), ...settled, branches: z.array(branch).readonly() }).readonly();

/** What a catalog lets whom do, as JSON without secrets, so that it can be kept and compared with a later one. */
export const policyDigest = z
  .object({ version: z.literal(1), projects: z.array(project).readonly() })
  .readonly();

export type PolicyDigest = z.infer<typeof policyDigest>;
export type ProjectDigest = z.infer<typeof project>;
export type BranchDigest = z.infer<typeof branch>;
export type RoleDigest = z.infer<typeof role>;
export type Settings = RoleDigest['settings'];
export type Settled = Pick<RoleDigest, 'settings' | 'secrets'>;
