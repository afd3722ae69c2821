import type { Branch, Project } from '../catalog/model.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { isLoopback } from '../config/listen-address.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { loadCatalog } from '../store/catalog-file.ts';
import { loadServerConfig } from '../store/config-file.ts';
import { ConfigurationError } from './configuration-error.ts';

/** What is asked for; each may be left out where there is only one. */
export interface ConnectionStringFlags {
  readonly projectId?: string;
  /** Name or id. */
  readonly branch?: string | undefined;
  readonly roleName?: string;
  readonly databaseName?: string;
}

/** The flags do not say which; the message says what there is. */
export class ChoiceError extends Error {
  override readonly name = 'ChoiceError';
}

/**
 * A URL for clients: `<endpoint>.<public.domain>`, verify-full, channel binding, no password.
 * @throws ConfigurationError; ChoiceError where the flags fit nothing, or more than one thing.
 */
export async function connectionString(
  path: string,
  env: Env,
  flags: ConnectionStringFlags,
): Promise<string> {
  const parsed = await loadServerConfig(path, env);
  if ('problems' in parsed) throw new ConfigurationError(parsed.problems);
  const { catalog } = parsed.config;
  if (catalog === undefined) throw new TypeError('a configuration file without a catalog');
  const { outcome } = loadCatalog(catalog, env);
  if ('problems' in outcome) throw new ConfigurationError(outcome.problems);
  const branch = chooseBranch(chooseProject(outcome.snapshot, flags), flags);
  const [endpoint] = branch.endpoints;
  if (endpoint === undefined)
    throw new ChoiceError(`branch ${branch.name} has no endpoint: add one to the catalog`);
  const role = chooseRole(branch, flags);
  const database = encodeURIComponent(chooseDatabase(branch, flags) ?? role);
  const { where, options } = placeOf(parsed.config, endpoint);
  return `postgresql://${encodeURIComponent(role)}@${where}/${database}?sslmode=verify-full&channel_binding=require${options}`;
}

/** Under the public domain an endpoint is a host name; on loopback it is told in `options`. */
function placeOf(config: ServerConfig, endpoint: string): { where: string; options: string } {
  if (config.public !== undefined) {
    return { where: `${endpoint}.${config.public.domain}:${config.public.port}`, options: '' };
  }
  const local = config.listen.find(({ host, port }) => isLoopback(host) && port !== 0);
  if (local !== undefined)
    return { where: `localhost:${local.port}`, options: `&options=endpoint%3D${endpoint}` };
  throw new ChoiceError('the configuration has no public.domain: set it to the name clients come by');
}

function chooseProject({ projects }: CatalogSnapshot, { projectId }: ConnectionStringFlags): Project {
  const fitting = projectId === undefined ? projects : projects.filter(({ id }) => id === projectId);
  return only(
    fitting,
    '--project-id',
    projects.map(({ id }) => id),
  );
}

function chooseBranch({ branches }: Project, { branch }: ConnectionStringFlags): Branch {
  const fitting = branches.filter(({ id, name, isDefault }) =>
    branch === undefined ? isDefault : id === branch || name === branch,
  );
  return only(
    fitting,
    'a branch',
    branches.map(({ name }) => name),
  );
}

function chooseRole({ roles, name, authQuery }: Branch, { roleName }: ConnectionStringFlags): string {
  if (roleName === undefined)
    return only(
      roles,
      '--role-name',
      roles.map((role) => role.name),
    ).name;
  if (authQuery !== undefined || roles.some((role) => role.name === roleName)) return roleName;
  throw new ChoiceError(
    `branch ${name} has no role ${roleName}; it has: ${roles.map((role) => role.name).join(', ') || 'none'}`,
  );
}

/** @returns undefined where the branch maps no names and none is asked for. */
function chooseDatabase(
  { name, upstream }: Branch,
  { databaseName }: ConnectionStringFlags,
): string | undefined {
  const known = upstream.database;
  if (databaseName === undefined) return known?.keys().next().value;
  if (known === undefined || known.has(databaseName)) return databaseName;
  throw new ChoiceError(
    `branch ${name} has no database ${databaseName}; it has: ${[...known.keys()].join(', ')}`,
  );
}

function only<T>(fitting: readonly T[], what: string, all: readonly string[]): T {
  const [first, second] = fitting;
  if (first !== undefined && second === undefined) return first;
  throw new ChoiceError(`give ${what}: there ${all.length === 1 ? 'is' : 'are'} ${all.join(', ') || 'none'}`);
}
