import { isAbsolute } from 'node:path';
import type { Logger } from 'pino';
import type { AdminSource } from '../admin/routes.ts';
import { AdminServer } from '../admin/server.ts';
import type { CertificateProblem } from '../net/certificate-problem.ts';
import { WatchedCertificates } from '../net/watched-certificates.ts';
import { watchSinks } from '../observe/sink-metrics.ts';
import type { Throttle } from '../throttle/throttle.ts';
import { watchDescriptors } from './descriptor-watch.ts';
import { watchExpiry } from './expiry-watch.ts';
import { mockSecret } from './mock-secret.ts';
import type { ServerOptions } from './server-options.ts';
import type { Service } from './service.ts';
import { aloneOf, fleetOf, throttleOf, workersOf } from './services.ts';

/** A gateway with everything around it that a running process has: certificates, admin listeners, reloads. */
export class Server {
  readonly #options: ServerOptions;
  readonly #certificates: WatchedCertificates;
  readonly #throttle: Throttle;
  readonly #service: Service;
  readonly #admin: AdminServer[] = [];
  readonly #expiry: { close(): void };
  readonly #descriptors: { close(): void };

  private constructor(options: ServerOptions, certificates: WatchedCertificates, secret: Buffer) {
    const { config, log } = options;
    this.#options = options;
    this.#certificates = certificates;
    this.#expiry = watchExpiry(
      () => certificates.current.expiring,
      (file, problem) => log.warn({ file, problem }, 'certificate'),
    );
    this.#descriptors = watchDescriptors(log);
    this.#throttle = throttleOf(config.limits.failedLogins);
    const inside = { certificates, secret, throttle: this.#throttle };
    this.#service = workersOf(config) > 1 ? fleetOf(options, inside) : aloneOf(options, inside);
  }

  /**
   * Reads the certificates and opens every listener, or none.
   * @throws CertificateFilesError, or an Error of `listen` with its `address`, `port` and `code`.
   */
  static async open(options: ServerOptions): Promise<Server> {
    const { config, log } = options;
    const { minVersion, clients } = config.tls;
    let server: Server | undefined;
    const certificates = await WatchedCertificates.load(config.tls.certificates, {
      minVersion,
      clients,
      onReload: ({ problems }) => {
        reportReload(log, problems);
        if (server !== undefined) server.#service.certificatesChanged();
      },
    });
    for (const { file, message } of certificates.current.warnings)
      log.warn({ file, problem: message }, 'certificate');
    server = new Server(options, certificates, await mockSecret(config));
    try {
      await server.#openListeners();
      return server;
    } catch (error) {
      await server.stop(0);
      throw error;
    }
  }

  /** TCP ports of the gateway, in the order of `listen`. */
  get ports(): readonly number[] {
    return this.#service.ports;
  }

  get adminPort(): number | undefined {
    return this.#admin.find(({ port }) => port !== undefined)?.port;
  }

  /** To be called with every new catalog. */
  catalogChanged(): void {
    this.#service.catalogChanged();
  }

  /** Reads catalog and certificates again; what is broken keeps its last good state, and the log says why. */
  async reload(): Promise<void> {
    await this.#options.catalog.reload();
    const { problems } = await this.#certificates.reload();
    const [error] = problems.filter(({ severity }) => severity === 'error');
    const problem = error && `${error.file}: ${error.message}`;
    this.#options.audit.record({ type: 'reloaded', what: 'catalog and certificates', problem });
    reportReload(this.#options.log, problems);
    this.#service.rereadCertificates();
    this.#service.certificatesChanged();
  }

  /** Replaces the workers, one after the other, without refusing anybody. */
  async restart(): Promise<void> {
    await this.#service.restart();
  }

  /**
   * @param patience ms that sessions get to end by themselves.
   * @param why for the audit trail.
   */
  async stop(patience: number, why?: string): Promise<void> {
    await this.#service.drain(patience);
    for (const admin of this.#admin) admin.close();
    this.#certificates.close();
    this.#expiry.close();
    this.#descriptors.close();
    await this.#options.catalog.close();
    await this.#options.audit.close(why);
  }

  async #openListeners(): Promise<void> {
    const { config, controlSocket, audit } = this.#options;
    watchSinks(this.#service.registry, () => this.#options.audit.sinks.states);
    const source: AdminSource = {
      readiness: () => this.#readiness(),
      metrics: this.#service.metrics,
      lockouts: this.#throttle.lockouts,
      sessions: this.#service.sessions,
      audit: this.#options.audit.trail,
      ordered: (call) => audit.record({ type: 'admin-call', ...call, caller: undefined, address: undefined }),
    };
    if (config.admin.listen !== undefined)
      this.#admin.push(await AdminServer.open(config.admin.listen, source));
    if (controlSocket !== undefined) await this.#openControlSocket(controlSocket, source);
    await this.#service.listen();
  }

  /** The folder may be read-only, as in a container; then the admin listener on TCP is all there is. */
  async #openControlSocket(path: string, source: AdminSource): Promise<void> {
    if (!isAbsolute(path)) throw new TypeError('the control socket needs an absolute path');
    try {
      this.#admin.push(await AdminServer.open({ path }, source));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      if (code === 'EADDRINUSE') throw error;
      this.#options.log.warn({ path, code }, 'no control socket here');
    }
  }

  #readiness(): ReadonlyMap<string, string | undefined> {
    const now = new Date();
    const valid = this.#certificates.current.certificates.every(
      (each) => each.notBefore <= now && now < each.notAfter,
    );
    return new Map([
      ['listening', this.#service.listening ? undefined : 'not every address is listened on'],
      ['catalog', this.#options.catalog.current.projects.length > 0 ? undefined : 'no project in it'],
      ['certificates', valid ? undefined : 'one has ended, or has not begun'],
      ['audit', this.#options.audit.obstacle],
    ]);
  }
}

function reportReload(log: Logger, problems: readonly CertificateProblem[]): void {
  for (const { file, message, severity } of problems) {
    if (severity === 'error')
      log.error({ file, problem: message }, 'certificate not taken, the last good one stays');
    else log.warn({ file, problem: message }, 'certificate');
  }
  if (problems.length === 0) log.info('certificates read again');
}
