import { networkInterfaces } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Logger } from 'pino';
import { openConfigured } from '../app/configured.ts';
import type { ServerConfig } from '../config/server-config.ts';
import type { ListenAddress } from '../net/listener.ts';
import { ensureServerCertificate } from '../store/certificate-files.ts';
import { type DevConnection, devConnection } from './connection.ts';
import { DevError } from './error.ts';
import { devPaths, ensureConfig } from './files.ts';
import { lockDevFolder } from './lock.ts';
import { makeDevFolder } from './place.ts';
import { prepare } from './prepare.ts';
import { reachUpstream } from './upstream.ts';

const DEFAULT_PORT = 6432;
/** Names by which a client on this machine may come. */
const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1'];

export interface DevOptions {
  readonly dir: string;
  /** A postgres:// URL; undefined: what the folder has, a database of its own at first. */
  readonly upstream: string | undefined;
  readonly port: number | undefined;
  /** Instead of both loopback addresses. */
  readonly listen: string | undefined;
  readonly allow: readonly string[] | undefined;
}

/** What is heard on the way, and what stops it. */
export interface DevEars {
  readonly note: (line: string) => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** A running dev proxy. */
export interface Dev extends AsyncDisposable {
  readonly connection: DevConnection;
  /** Resolves when the database ends although nobody stopped it. */
  readonly databaseLost: Promise<void>;
}

/**
 * Makes or finds everything in `--dir` and opens the gateway. Disposing of it closes gateway, database and lock.
 * @throws DevError, ConfigurationError, CertificateError or an error of `listen`, each one line with the mend; the
 * signal's reason when aborted. Nothing is left running then.
 */
export async function openDev(options: DevOptions, ears: DevEars): Promise<Dev> {
  checkFolderName(options.dir);
  await using stack = new AsyncDisposableStack();
  const dir = await makeDevFolder(resolve(options.dir));
  stack.use(await lockDevFolder(dir));
  const paths = devPaths(dir);
  const { allow, upstream } = options;
  const external = upstream === undefined ? undefined : await reachUpstream(upstream, process.env);
  const heard = {
    note: ears.note,
    signal: ears.signal,
    log: (line: string) => ears.log.debug({ line }, 'postgres'),
  };
  const { login, cluster } = await prepare({ dir, paths, external, allow, ears: heard });
  if (cluster !== undefined) stack.defer(() => cluster.stop());
  const { ca } = await ensureServerCertificate({
    dir: paths.certs,
    names: namesFor(options),
    now: new Date(),
  });
  await ensureConfig(paths, listenAddresses(options));
  ears.signal.throwIfAborted();
  const opened = await openConfigured({
    path: paths.config,
    env: process.env,
    log: ears.log,
    adjust: adjusted(options),
  });
  stack.defer(() => opened.server.stop(opened.config.drain));
  const kept = stack.move();
  return {
    connection: devConnection(login, opened.server.ports[0] ?? DEFAULT_PORT, ca),
    databaseLost: cluster === undefined ? new Promise<never>(() => {}) : cluster.exited.then(() => {}),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Where a new folder's gateway listens. */
function listenAddresses({ listen, port = DEFAULT_PORT }: DevOptions): ListenAddress[] {
  if (listen !== undefined) return [{ host: listen, port }];
  const hosts = hasIpv6Loopback() ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
  return hosts.map((host) => ({ host, port }));
}

/** Containers often have none, and a listener there would fail. */
function hasIpv6Loopback(): boolean {
  return Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));
}

function namesFor({ listen }: DevOptions): string[] {
  return listen === undefined || LOCAL_NAMES.includes(listen) ? LOCAL_NAMES : [...LOCAL_NAMES, listen];
}

/** Flags of this run count for this run; portcullis.yaml stays as it is. */
function adjusted(options: DevOptions): (config: ServerConfig) => ServerConfig {
  const { listen, port } = options;
  return (written) => {
    // Standard output is `dev`'s own: what stands there is read by programs.
    // One developer, one process.
    const config = { ...written, workers: 1, audit: { ...written.audit, stdout: false } };
    if (listen !== undefined) {
      const addresses = listenAddresses({ ...options, port: port ?? config.listen[0]?.port });
      return { ...config, listen: addresses.map((address) => ({ ...address, proxiedBy: undefined })) };
    }
    if (port === undefined) return config;
    return { ...config, listen: config.listen.map((address) => ({ ...address, port })) };
  };
}

/** --dir must not be called `config`: paths in a configuration there would start from its parent. */
function checkFolderName(dir: string): void {
  if (basename(resolve(dir)) === 'config')
    throw new DevError(`--dir ${dir}: a folder called config holds no certificates; give it another name`);
}
