import { MIN_BITS } from '../passwords/generate.ts';
import { type PasswordContext, type Rating, unrated } from '../passwords/rating.ts';
import { AskedThread, type ThreadOptions, type Unanswered } from './asked-thread.ts';
import type { PasswordQuestion } from './password-worker.ts';

const DEFAULTS: ThreadOptions = {
  worker: new URL('./password-worker.ts', import.meta.url),
  task: 'checks passwords',
  // Each takes some 20 ms, the worst a second.
  maxWaiting: 100,
  // The first one on a busy machine waits a second for the dictionaries.
  deadline: 10_000,
  rest: 60_000,
  // The dictionaries take about 80, a check up to 100 more.
  maxHeap: 512,
  report: () => {},
};

const AGAIN = 'try again';
const WHY: Readonly<Record<Unanswered, string>> = {
  closed: 'the gateway stops',
  crowded: 'too many passwords wait to be checked',
  late: 'its strength could not be checked in time',
  failed: 'its strength could not be checked',
};

/** Rates passwords in a thread. It fails closed: what cannot be rated in time, or at all, is weak. */
export class PasswordRater implements AsyncDisposable {
  readonly #thread: AskedThread<PasswordQuestion, Rating>;

  /** @param options all but `report` for tests. */
  constructor(options: Partial<ThreadOptions> = {}) {
    this.#thread = new AskedThread({ ...DEFAULTS, ...options });
  }

  /** Never rejects. @param minBits what is strong. */
  async rate(password: string, context: PasswordContext, minBits = MIN_BITS): Promise<Rating> {
    const answered = await this.#thread.ask({ password, context, minBits });
    return 'answer' in answered ? answered.answer : unrated(WHY[answered.unanswered], AGAIN);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#thread[Symbol.asyncDispose]();
  }
}
