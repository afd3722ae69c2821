import { isUtf8 } from 'node:buffer';
import type { StatementKind } from '../sql/ddl.ts';
import { AskedThread, type ThreadOptions } from './asked-thread.ts';

const DEFAULTS: ThreadOptions = {
  worker: new URL('./statement-kinds-worker.ts', import.meta.url),
  task: 'classifies statements',
  // Each takes a millisecond, the largest (64 KiB) a tenth of a second.
  maxWaiting: 1000,
  deadline: 10_000,
  rest: 60_000,
  maxHeap: 256,
  report: () => {},
};

/** Tells which statements change definitions, in a thread. What it cannot tell in time, or at all, is unknown. */
export class StatementClassifier implements AsyncDisposable {
  readonly #thread: AskedThread<string, StatementKind>;

  /** @param options all but `report` for tests. */
  constructor(options: Partial<ThreadOptions> = {}) {
    this.#thread = new AskedThread({ ...DEFAULTS, ...options });
  }

  /** Never rejects. @param text without its NUL. */
  async kindOf(text: Buffer): Promise<StatementKind> {
    // Where bytes are of another encoding, words are still ASCII.
    const answered = await this.#thread.ask(text.toString(isUtf8(text) ? 'utf8' : 'latin1'));
    return 'answer' in answered ? answered.answer : 'unknown';
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#thread[Symbol.asyncDispose]();
  }
}
