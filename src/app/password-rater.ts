import { Worker } from 'node:worker_threads';
import { MIN_BITS } from '../passwords/generate.ts';
import { type PasswordContext, type Rating, unrated } from '../passwords/rating.ts';
import type { PasswordQuestion } from './password-worker.ts';

const WORKER = new URL('./password-worker.ts', import.meta.url);

/** Each takes some 20 ms, the worst a second. */
const MAX_WAITING = 100;
/** ms from the call to the verdict; the first one on a busy machine waits a second for the dictionaries. */
const DEADLINE = 10_000;
/** ms without a question after which the thread ends and gives its memory back. */
const REST = 60_000;
/** MB; the dictionaries take about 80, a check up to 100 more. */
const MAX_HEAP = 512;

const AGAIN = 'try again';

/** All but `report` for tests. */
export interface RaterOptions {
  /** Told of a thread that failed: its error's kind, never its text, which could hold the password. */
  readonly report?: (problem: string) => void;
  readonly worker?: URL;
  readonly maxWaiting?: number;
  readonly deadline?: number;
  readonly rest?: number;
}

interface Job {
  readonly question: PasswordQuestion;
  readonly answer: (rating: Rating) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Rates passwords in a thread of its own, so that the event loop serves sessions meanwhile. One at a time, the others
 * wait; the thread begins with the first question and ends when none has come for a minute, and does not keep the
 * process alive without one.
 *
 * It fails closed: what cannot be rated in time, or at all, is weak. `rate` never rejects.
 */
export class PasswordRater implements AsyncDisposable {
  readonly #options: Required<RaterOptions>;
  readonly #waiting: Job[] = [];
  #current: Job | undefined;
  #worker: Worker | undefined;
  #restTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: RaterOptions = {}) {
    const defaults = {
      report: () => {},
      worker: WORKER,
      maxWaiting: MAX_WAITING,
      deadline: DEADLINE,
      rest: REST,
    };
    this.#options = { ...defaults, ...options };
  }

  /** @param minBits what is strong. */
  async rate(password: string, context: PasswordContext, minBits = MIN_BITS): Promise<Rating> {
    if (this.#closed) return unrated('nothing is checked any more: the gateway stops', AGAIN);
    if (this.#waiting.length >= this.#options.maxWaiting)
      return unrated('too many passwords wait to be checked', AGAIN);
    return await new Promise((answer) => {
      const timer = setTimeout(() => this.#expire(job), this.#options.deadline);
      const job: Job = { question: { password, context, minBits }, answer, timer };
      this.#waiting.push(job);
      this.#next();
    });
  }

  /** Ends the thread; what was not rated yet is weak. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const left = [this.#current, ...this.#waiting.splice(0)];
    for (const job of left) if (job !== undefined) this.#settle(job, unrated('the gateway stops', AGAIN));
    clearTimeout(this.#restTimer);
    await this.#dismiss();
  }

  #next(): void {
    if (this.#current !== undefined) return;
    this.#current = this.#waiting.shift();
    clearTimeout(this.#restTimer);
    if (this.#current === undefined) {
      this.#worker?.unref();
      this.#restTimer = setTimeout(() => void this.#dismiss(), this.#options.rest).unref();
      return;
    }
    this.#worker ??= this.#hire();
    this.#worker.ref();
    this.#worker.postMessage(this.#current.question);
  }

  /** A thread whose events count only as long as it is ours. */
  #hire(): Worker {
    const worker = new Worker(this.#options.worker, {
      name: 'passwords',
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP },
    });
    const lose = (why: string): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#options.report(`the thread that checks passwords ${why}`);
      this.#answer(unrated('its strength could not be checked', AGAIN));
    };
    worker.on('message', (rating: Rating) => {
      if (this.#worker === worker) this.#answer(rating);
    });
    worker.on('error', (error: unknown) =>
      lose(`failed: ${error instanceof Error ? error.name : 'no error'}`),
    );
    worker.on('exit', () => lose('ended'));
    return worker;
  }

  /** Whatever the thread is busy with. */
  async #dismiss(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #expire(job: Job): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    else void this.#dismiss();
    this.#settle(job, unrated('its strength could not be checked in time', AGAIN));
  }

  #answer(rating: Rating): void {
    if (this.#current !== undefined) this.#settle(this.#current, rating);
  }

  #settle(job: Job, rating: Rating): void {
    clearTimeout(job.timer);
    job.answer(rating);
    if (job !== this.#current) return;
    this.#current = undefined;
    this.#next();
  }
}
