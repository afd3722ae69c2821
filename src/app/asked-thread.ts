import { Worker } from 'node:worker_threads';

/** Why a question has no answer: too many wait, it took too long, the thread failed at it, or all is over. */
export type Unanswered = 'crowded' | 'late' | 'failed' | 'closed';

export type Answered<Answer> = { readonly answer: Answer } | { readonly unanswered: Unanswered };

export interface ThreadOptions {
  readonly worker: URL;
  /** For people: what it does, as in "the thread that … failed". */
  readonly task: string;
  /** Questions that may wait besides the one in work. */
  readonly maxWaiting: number;
  /** ms from the question to its answer. */
  readonly deadline: number;
  /** ms without a question after which the thread ends and gives its memory back. */
  readonly rest: number;
  /** MB of its heap. */
  readonly maxHeap: number;
  /** Told of a thread that failed: its error's kind, never its text, which could hold a secret. */
  readonly report: (problem: string) => void;
}

interface Job<Question, Answer> {
  readonly question: Question;
  readonly settle: (answered: Answered<Answer>) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Has slow questions answered in a thread, so that the event loop serves sessions meanwhile. One at a time, the others
 * wait; the thread begins with the first question and ends when none has come for a while, and does not keep the
 * process alive without one. The worker posts one answer for each message; an exception of its ends it.
 */
export class AskedThread<Question, Answer> implements AsyncDisposable {
  readonly #options: ThreadOptions;
  readonly #waiting: Job<Question, Answer>[] = [];
  #current: Job<Question, Answer> | undefined;
  #worker: Worker | undefined;
  #restTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async ask(question: Question): Promise<Answered<Answer>> {
    if (this.#closed) return { unanswered: 'closed' };
    if (this.#waiting.length >= this.#options.maxWaiting) return { unanswered: 'crowded' };
    return await new Promise((settle) => {
      const timer = setTimeout(() => this.#expire(job), this.#options.deadline);
      const job: Job<Question, Answer> = { question, settle, timer };
      this.#waiting.push(job);
      this.#next();
    });
  }

  /** Ends the thread; what was not answered yet never will be. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const left = [this.#current, ...this.#waiting.splice(0)];
    for (const job of left) if (job !== undefined) this.#settle(job, { unanswered: 'closed' });
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
    const { worker: file, task, maxHeap, report } = this.#options;
    const worker = new Worker(file, {
      name: task,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: maxHeap },
    });
    const lose = (why: string): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      report(`the thread that ${task} ${why}`);
      this.#answer({ unanswered: 'failed' });
    };
    worker.on('message', (answer: Answer) => {
      if (this.#worker === worker) this.#answer({ answer });
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

  #expire(job: Job<Question, Answer>): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) this.#waiting.splice(at, 1);
    else void this.#dismiss();
    this.#settle(job, { unanswered: 'late' });
  }

  #answer(answered: Answered<Answer>): void {
    if (this.#current !== undefined) this.#settle(this.#current, answered);
  }

  #settle(job: Job<Question, Answer>, answered: Answered<Answer>): void {
    clearTimeout(job.timer);
    job.settle(answered);
    if (job !== this.#current) return;
    this.#current = undefined;
    this.#next();
  }
}
