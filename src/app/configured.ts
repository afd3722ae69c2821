import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { CatalogSnapshot } from '../catalog/snapshot.ts';
import { formatProblem, type Problem } from '../config/problem.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { type InheritedSocket, onInheritedSockets } from '../net/inherited-sockets.ts';
import { createLogger } from '../observe/logger.ts';
import { ensureServerCertificate } from '../store/certificate-files.ts';
import { loadEnvironment, loadServerConfig } from '../store/config-file.ts';
import { Audit } from './audit.ts';
import { type CatalogSource, fixedCatalog, openCatalogFile } from './catalog-source.ts';
import { ConfigurationError } from './configuration-error.ts';
import { controlSocketOf } from './control-client.ts';
import { settleAtStart } from './provisioning.ts';
import { Server } from './server.ts';

const STDERR = 2;

export interface ConfiguredOptions {
  /** portcullis.yaml; undefined: the environment's variables. */
  readonly path: string | undefined;
  readonly env: Env;
  /** Instead of JSON on standard error. */
  readonly log?: Logger;
  /** Opened for us; undefined: we open our own. */
  readonly sockets?: readonly InheritedSocket[] | undefined;
  /** What this run does otherwise than the file says. */
  readonly adjust?: (config: ServerConfig) => ServerConfig;
}

export interface Configured {
  readonly server: Server;
  readonly config: ServerConfig;
  readonly log: Logger;
}

interface Loaded {
  readonly config: ServerConfig;
  readonly warnings: readonly Problem[];
  readonly openCatalog: (log: Logger, changed: () => void) => Promise<CatalogSource>;
}

/**
 * Reads everything a gateway needs and opens it.
 * @throws ConfigurationError, InheritedSocketsError, CertificateFilesError, CertificateError, or an error of `listen`.
 */
export async function openConfigured(options: ConfiguredOptions): Promise<Configured> {
  const { path, env, adjust, sockets } = options;
  const loaded = path === undefined ? await fromEnvironment(env) : await fromFile(path, env);
  const adjusted = adjust === undefined ? loaded.config : adjust(loaded.config);
  const config =
    sockets === undefined ? adjusted : { ...adjusted, listen: onInheritedSockets(adjusted.listen, sockets) };
  const log = options.log ?? createLogger(config.log.level, STDERR);
  for (const warning of loaded.warnings) log.warn(formatProblem(warning));
  let server: Server | undefined;
  await using opened = new AsyncDisposableStack();
  let audit: Audit | undefined;
  const catalog = await loaded.openCatalog(log, () => {
    audit?.catalogChanged(catalog.current);
    server?.catalogChanged();
  });
  opened.defer(() => catalog.close());
  audit = await Audit.open({ config: config.audit, log });
  opened.use(audit);
  const controlSocket = path === undefined ? undefined : controlSocketOf(path);
  await audit.begin(catalog.current);
  server = await Server.open({ config, catalog, audit, controlSocket, log });
  opened.move();
  return { server, config, log };
}

async function fromEnvironment(env: Env): Promise<Loaded> {
  const parsed = await loadEnvironment(env);
  if ('problems' in parsed) throw new ConfigurationError(parsed.problems);
  const { config, projects, hostnames } = parsed.sidecar;
  if (hostnames !== undefined) await ensureMade(config, hostnames);
  return {
    // Beside one database, in a container of its own.
    config: { ...config, workers: 1 },
    warnings: parsed.warnings,
    openCatalog: () => Promise.resolve(fixedCatalog(new CatalogSnapshot(projects))),
  };
}

/** A sidecar without a certificate makes its own, and an authority to be given to clients. */
async function ensureMade(config: ServerConfig, hostnames: readonly string[]): Promise<void> {
  const [made] = config.tls.certificates;
  if (made !== undefined)
    await ensureServerCertificate({ dir: dirname(made.cert), names: hostnames, now: new Date() });
}

async function fromFile(path: string, env: Env): Promise<Loaded> {
  const parsed = await loadServerConfig(path, env);
  if ('problems' in parsed) throw new ConfigurationError(parsed.problems);
  const { config, warnings } = parsed;
  const { catalog } = config;
  if (catalog === undefined) throw new TypeError('a configuration file without a catalog');
  const openCatalog: Loaded['openCatalog'] = async (log, changed) => {
    await settleAtStart(catalog, env, log);
    return await openCatalogFile(catalog, { env, log, changed });
  };
  return { config, warnings, openCatalog };
}
