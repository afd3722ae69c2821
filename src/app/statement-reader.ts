import type { Reading } from '../sql/reading.ts';
import { AskedThread, type ThreadOptions } from './asked-thread.ts';

const DEFAULTS: ThreadOptions = {
  worker: new URL('./statement-worker.ts', import.meta.url),
  task: 'reads statements',
  // Each takes a millisecond, the largest two seconds.
  maxWaiting: 100,
  deadline: 10_000,
  rest: 60_000,
  // Of a statement of 1 MiB the tree takes about 200.
  maxHeap: 1024,
  report: () => {},
};

const UNREADABLE: Reading = { kind: 'unreadable', why: 'trouble' };

/** Reads what statements say about passwords, in a thread. What cannot be read in time, or at all, is unreadable. */
export class StatementReader implements AsyncDisposable {
  readonly #thread: AskedThread<Uint8Array, Reading>;

  /** @param options all but `report` for tests. */
  constructor(options: Partial<ThreadOptions> = {}) {
    this.#thread = new AskedThread({ ...DEFAULTS, ...options });
  }

  /** Never rejects. @param text in UTF-8, without its NUL. */
  async read(text: Buffer): Promise<Reading> {
    // Of a Buffer the whole chunk that it is cut from would go along.
    const answered = await this.#thread.ask(new Uint8Array(text));
    return 'answer' in answered ? answered.answer : UNREADABLE;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#thread[Symbol.asyncDispose]();
  }
}
