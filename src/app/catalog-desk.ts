import type { CatalogLocation, ServerConfig } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { CatalogFileDesk, type DeskOptions } from '../store/catalog-desk.ts';
import { loadServerConfig } from '../store/config-file.ts';
import { ConfigurationError } from './configuration-error.ts';

export interface OpenedDesk {
  readonly desk: CatalogFileDesk;
  readonly location: CatalogLocation;
  /** The name under which clients come; `undefined`: the configuration has none. */
  readonly published: ServerConfig['public'];
}

/**
 * The catalog that a configuration names, for commands that change it; the gateway may run or not.
 * @throws ConfigurationError
 */
export async function openCatalogDesk(
  path: string,
  env: Env,
  options: Pick<DeskOptions, 'keyMade'> = {},
): Promise<OpenedDesk> {
  const parsed = await loadServerConfig(path, env);
  if ('problems' in parsed) throw new ConfigurationError(parsed.problems);
  const { catalog, public: published } = parsed.config;
  if (catalog === undefined) throw new TypeError('a configuration file without a catalog');
  return { desk: new CatalogFileDesk(catalog, { env, ...options }), location: catalog, published };
}
