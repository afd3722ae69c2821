import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Answer } from '../admin/answer.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { processTicker } from '../net/pressure.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { AdmissionRecorder } from '../session/ports.ts';
import { Quota } from '../session/quota.ts';
import { Backoff } from '../sinks/backoff.ts';
import { packSnapshot } from '../store/catalog-parcel.ts';
import type { Shared } from '../workers/desk.ts';
import type { PrimaryAsks, Standing } from '../workers/messages.ts';
import { FleetMetrics } from './fleet-metrics.ts';
import type { Service } from './service.ts';
import { startWorker } from './start-worker.ts';
import type { WorkerSettings } from './worker-gateway.ts';
import { WorkerProcess } from './worker-process.ts';
import { mergedSessions } from './worker-sessions.ts';

/** How often workers are told how things stand, in ms; only what has changed. */
const TELL_MS = 200;
/** A worker that lived so long, in ms, is replaced at once; one that ends sooner may do so again. */
const PROVEN_MS = 10_000;
/** Beyond its patience, what a worker may take to end, in ms. */
const LAST_MS = 5000;

export interface FleetOptions {
  readonly settings: WorkerSettings;
  readonly catalog: () => CatalogSnapshot;
  readonly shared: Pick<Shared, 'throttle' | 'admissions' | 'trail' | 'lost'>;
  readonly recorder: Pick<AdmissionRecorder, 'obstacle'>;
  readonly trailBehind: () => boolean;
  /** Whether anybody may be locked out by the throttle. */
  readonly lockouts: () => boolean;
  /** The primary's own figures. */
  readonly metrics: Metrics;
  /** ms that sessions of a worker get that is replaced. */
  readonly patience: number;
  readonly log: Logger;
}

/**
 * The primary's workers. Each takes connections from the same listening sockets; what counts for all of them is
 * counted here. One that ends by itself is replaced, and takes only its own sessions with it.
 */
export class Fleet implements Service {
  readonly metrics: FleetMetrics;
  readonly registry: Registry;
  readonly #options: FleetOptions;
  readonly #workers = new Set<WorkerProcess>();
  readonly #quota = new Quota();
  readonly #backoff = new Backoff(Math.random);
  readonly #stopTelling: () => void;
  #ports: readonly number[] = [];
  #told = '';
  #begun = 0;
  #stopping = false;
  #restarting: Promise<void> | undefined;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.registry = options.metrics.registry;
    this.metrics = new FleetMetrics(this.registry, () => this.#figures());
    this.#stopTelling = processTicker.every(TELL_MS, () => this.#tellStanding());
  }

  async listen(): Promise<void> {
    const { settings } = this.#options;
    const first = Array.from({ length: settings.workers }, () => this.#begin());
    try {
      const [ports = []] = await Promise.all(first.map(({ listening }) => listening));
      this.#ports = ports;
    } catch (error) {
      this.#stopping = true;
      for (const worker of first) worker.kill();
      await Promise.all(first.map(({ ended }) => ended));
      throw error;
    }
    for (const worker of first) void this.#replaceOnceEnded(worker);
  }

  get ports(): readonly number[] {
    return this.#ports;
  }

  get listening(): boolean {
    return this.#serving.length > 0;
  }

  get sessions(): Service['sessions'] {
    return async (method, query): Promise<Answer> => {
      const answers = await this.#askAll({ type: 'sessions', method, query: query.toString() });
      return mergedSessions(answers as Answer[]);
    };
  }

  /** One that does not take it is ended: whom the new catalog shuts out must not stay there. */
  catalogChanged(): void {
    const catalog = packSnapshot(this.#options.catalog());
    for (const worker of this.#workers) {
      worker.ask({ type: 'catalog', catalog }).catch((cause: unknown) => {
        // One that has not begun will take it before it serves anybody.
        if (!this.#workers.has(worker) || !worker.begun) return;
        this.#options.log.error(
          { worker: worker.id, why: String(cause) },
          'a worker took no new catalog: it is ended',
        );
        worker.kill();
      });
    }
  }

  /** Each worker watches the files itself. */
  certificatesChanged(): void {}

  rereadCertificates(): void {
    for (const worker of this.#workers) worker.tell({ type: 'certificates' });
  }

  /** One after the other: the new listens before the old one stops. A second call waits for the first. */
  async restart(): Promise<void> {
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined;
    });
    await this.#restarting;
  }

  async drain(patience: number): Promise<void> {
    this.#stopping = true;
    this.#stopTelling();
    await Promise.all([...this.#workers].map((worker) => this.#drain(worker, patience)));
  }

  get #serving(): WorkerProcess[] {
    return [...this.#workers].filter(({ serving }) => serving);
  }

  async #restart(): Promise<void> {
    const { log, patience } = this.#options;
    log.info({ workers: this.#workers.size }, 'workers are replaced one after the other');
    for (const old of this.#serving) {
      if (this.#stopping) return;
      if (!old.serving) continue;
      const next = this.#begin();
      try {
        await next.listening;
      } catch (error) {
        log.error({ why: String(error) }, 'no worker could begin: those that are left stay');
        next.kill();
        return;
      }
      void this.#replaceOnceEnded(next);
      await this.#drain(old, patience);
    }
    log.info('workers were replaced');
  }

  async #drain(worker: WorkerProcess, patience: number): Promise<void> {
    worker.tell({ type: 'drain', patience });
    const given = new AbortController();
    setTimeout(patience + LAST_MS, undefined, { signal: given.signal }).then(
      () => worker.kill(),
      () => {},
    );
    await worker.ended;
    given.abort();
  }

  #begin(): WorkerProcess {
    const { settings, catalog, shared, log } = this.#options;
    // It begins with what the others know: from then on only what differs from that is told.
    this.#tellStanding();
    this.#begun += 1;
    const all = {
      ...shared,
      quota: this.#quota,
      failureCounted: () => this.#tellStanding(),
      findElsewhere: (pid: number, key: Uint8Array) => this.#findElsewhere(worker, pid, key),
    };
    const worker: WorkerProcess = new WorkerProcess(startWorker(this.#begun, log.level), {
      id: this.#begun,
      shared: all,
      log,
    });
    this.#workers.add(worker);
    void this.#forgetOnceEnded(worker);
    worker.tell({ type: 'begin', settings, catalog: packSnapshot(catalog()), standing: this.#standing() });
    return worker;
  }

  async #forgetOnceEnded(worker: WorkerProcess): Promise<void> {
    const { code, signal, sessions } = await worker.ended;
    this.#workers.delete(worker);
    if (!worker.leaving && !this.#stopping)
      this.#options.log.error({ worker: worker.id, code, signal, sessions }, 'a worker ended by itself');
    await this.metrics.keep(worker.figures);
  }

  /** Until there is one in its place; one that ends at once must not keep a core busy. */
  async #replaceOnceEnded(worker: WorkerProcess): Promise<void> {
    const { log } = this.#options;
    await worker.ended;
    let lastBegun = worker.startedAt;
    while (!this.#stopping && !worker.leaving) {
      const lived = performance.now() - lastBegun;
      if (lived >= PROVEN_MS) this.#backoff.succeeded();
      else await setTimeout(this.#backoff.failed());
      // It may have been told to stop meanwhile.
      if (this.#stopping) return;
      const next = this.#begin();
      lastBegun = next.startedAt;
      try {
        await next.listening;
        log.info({ worker: next.id, instead: worker.id }, 'a worker was replaced');
        void this.#replaceOnceEnded(next);
        return;
      } catch (error) {
        log.error({ worker: next.id, why: String(error) }, 'a worker could not begin: it is tried again');
        next.kill();
      }
    }
  }

  /** @throws Unanswered where one that lives does not answer. */
  async #askAll(body: PrimaryAsks, but?: WorkerProcess): Promise<unknown[]> {
    const asked = [...this.#workers].filter((worker) => worker !== but && worker.begun);
    const answers = await Promise.all(
      asked.map(async (worker) => {
        try {
          return { answer: await worker.ask(body) };
        } catch (error) {
          if (this.#workers.has(worker)) throw error;
          return undefined;
        }
      }),
    );
    return answers.flatMap((each) => (each === undefined ? [] : [each.answer]));
  }

  async #findElsewhere(worker: WorkerProcess, pid: number, key: Uint8Array): Promise<unknown> {
    const found = await this.#askAll({ type: 'find-cancel', pid, key }, worker);
    return found.find((each) => typeof each === 'object') ?? found.find((each) => each === 'ended');
  }

  /** A worker that does not answer has counted what it said last. */
  async #figures(): Promise<readonly (readonly object[])[]> {
    return await Promise.all(
      [...this.#workers].map(async (worker) => {
        try {
          worker.figures = (await worker.ask({ type: 'metrics' })) as readonly object[];
        } catch (error) {
          this.#options.log.debug({ worker: worker.id, why: String(error) }, 'a worker tells no figures');
        }
        return worker.figures;
      }),
    );
  }

  #standing(): Standing {
    const { recorder, trailBehind, lockouts } = this.#options;
    return { obstacle: recorder.obstacle, behind: trailBehind(), lockouts: lockouts() };
  }

  #tellStanding(): void {
    const standing = this.#standing();
    const text = JSON.stringify(standing);
    if (text === this.#told) return;
    this.#told = text;
    for (const worker of this.#workers) worker.tell({ type: 'standing', standing });
  }
}
