import { z } from 'zod';

/**
 * A catalog as far as it can be made out: what has the wrong shape is left out, so that ids can be compared,
 * and all problems told at once, while other parts of the file are still broken. Indexes are those of the file.
 */

const name = z.string().optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);

const secret = z.object({ password: name }).optional().catch(undefined);

const branch = z
  .object({
    id: name,
    name,
    default: flag,
    parent_id: name,
    endpoints: z.array(z.object({ id: name }).catch({})).catch([]),
    auth_query: secret,
    roles: z.array(z.object({ name, upstream: secret }).catch({})).catch([]),
  })
  .catch({ endpoints: [], roles: [] });

const catalog = z
  .object({
    projects: z.array(
      z.object({ id: name, cluster: secret, branches: z.array(branch).catch([]) }).catch({ branches: [] }),
    ),
  })
  .catch({ projects: [] });

export type CatalogOutline = z.output<typeof catalog>;
export type ProjectOutline = CatalogOutline['projects'][number];

export function outlineOf(value: unknown): CatalogOutline {
  return catalog.parse(value);
}
