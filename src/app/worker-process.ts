import type { Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { type OfItself, type Shared, WorkerDesk } from '../workers/desk.ts';
import type { PrimaryAsks, PrimaryTells } from '../workers/messages.ts';
import { Post } from '../workers/post.ts';
import type { WorkerSettings } from './worker-gateway.ts';

/** How a worker's process ended, and what ended with it. */
export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** That it had been told to let in and had not told the end of. */
  readonly sessions: number;
}

/** A worker could not begin; one line for people. */
export class WorkerFailed extends Error {
  override readonly name = 'WorkerFailed';
}

export interface WorkerPlace {
  /** Its name in the log. */
  readonly id: number;
  readonly shared: Shared;
  readonly log: Logger;
}

/** A worker, as its primary sees it. */
export class WorkerProcess {
  readonly id: number;
  readonly startedAt = performance.now();
  /** Resolves with the TCP ports that it takes connections on; rejects with an error of `listen`, or another. */
  readonly listening: Promise<readonly number[]>;
  readonly ended: Promise<WorkerEnd>;
  /** What it has counted, as far as it was asked. */
  figures: readonly object[] = [];
  readonly #worker: Worker;
  readonly #post: Post;
  readonly #desk: WorkerDesk;
  readonly #opening = Promise.withResolvers<readonly number[]>();
  #begun = false;
  #serving = false;
  #leaving = false;

  constructor(worker: Worker, { id, shared, log }: WorkerPlace) {
    this.id = id;
    this.#worker = worker;
    this.#desk = new WorkerDesk(shared, (said) => this.#heard(said));
    this.#post = new Post(
      // A batch that the system has not taken, since the worker has ended, is of no use any more.
      (messages, written) => void worker.process.send(messages as unknown[], written),
      {
        told: (body) => this.#told(body, log),
        asked: (body) => this.#desk.asked(body),
      },
    );
    worker.on('message', (messages: unknown) => this.#post.received(messages));
    worker.on('error', (error) =>
      log.error({ worker: this.id, why: error.message }, 'a worker cannot be told'),
    );
    this.listening = this.#opening.promise;
    // Whoever waits for it hears why; a worker that replaces another may end before anybody does.
    this.listening.catch(() => {});
    this.ended = this.#untilEnded();
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Whether it has ever taken connections. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Whether it takes connections, and was not told to stop. */
  get serving(): boolean {
    return this.#serving;
  }

  /** Whether it was told to end. */
  get leaving(): boolean {
    return this.#leaving;
  }

  tell(body: PrimaryTells<WorkerSettings>): void {
    if (body.type === 'drain') {
      this.#serving = false;
      this.#leaving = true;
    }
    this.#post.tell(body);
  }

  /** @throws Unanswered */
  async ask(body: PrimaryAsks): Promise<unknown> {
    return await this.#post.ask(body);
  }

  kill(): void {
    this.#serving = false;
    this.#worker.process.kill('SIGKILL');
  }

  #told(body: unknown, log: Logger): void {
    try {
      this.#desk.told(body);
    } catch (error) {
      // What cannot be read could be an end that is now missing: none of its words counts any more.
      log.error({ worker: this.id, why: String(error) }, 'a worker said what cannot be read: it is ended');
      this.kill();
    }
  }

  #heard(said: OfItself): void {
    if (said.type === 'listening') {
      this.#begun = true;
      this.#serving = !this.#leaving;
      this.#opening.resolve(said.ports);
    } else if (said.type === 'failed') this.#opening.reject(faultOf(said));
    else this.figures = said.metrics.filter((each) => typeof each === 'object' && each !== null);
  }

  /**
   * What it said last may be read after its end: 'close' comes after both. 'disconnect' does not come where a worker was
   * killed before it acknowledged the listening socket that it was sent (Node 24).
   */
  async #untilEnded(): Promise<WorkerEnd> {
    const closed = new Promise<Omit<WorkerEnd, 'sessions'>>((resolve) =>
      this.#worker.process.once('close', (code, signal) => resolve({ code, signal })),
    );
    const neverBegan = new Promise<Omit<WorkerEnd, 'sessions'>>((resolve) =>
      this.#worker.process.once('error', () => {
        if (this.pid === undefined) resolve({ code: null, signal: null });
      }),
    );
    const end = await Promise.race([neverBegan, closed]);
    this.#serving = false;
    this.#post.close();
    const how = end.signal ?? end.code ?? 'it could not be started';
    this.#opening.reject(new WorkerFailed(`a worker ended before it could listen: ${how}`));
    return { ...end, sessions: this.#desk.close() };
  }
}

/** The error that `listen` would have thrown here, or why else the worker could not begin. */
function faultOf({ message, listen }: Extract<OfItself, { type: 'failed' }>): Error {
  return listen === undefined ? new WorkerFailed(message) : Object.assign(new Error(message), listen);
}
