/** How messages reach the other process. `written` is called once the system has them, or never will. */
export type Line = (messages: readonly unknown[], written: () => void) => void;

/** What the other process wants. Whatever either throws is told to it as an answer, or is a defect. */
export interface Ears {
  readonly told: (body: unknown) => void;
  readonly asked: (body: unknown) => Promise<unknown>;
}

export interface PostOptions {
  /** ms until an answer. */
  readonly patience?: number;
  /** Questions that may wait for their answers; more are not asked. */
  readonly maxAsked?: number;
}

const PATIENCE_MS = 5000;
/** Some 3 a login: what several hundred logins at a time ask. */
const MAX_ASKED = 2000;
/** Messages that may wait to be written before whoever makes more of them should pause. */
const MAX_WAITING = 4000;

/** A question was not answered, or so: the message is for our log. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

interface Asked {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (why: Unanswered) => void;
  readonly timer: NodeJS.Timeout;
}

/** `tell` and `ask` by the first letter, `answer`, and why there is none. */
type Letter =
  | readonly ['t', unknown]
  | readonly ['q', number, unknown]
  | readonly ['a', number, unknown]
  | readonly ['n', number, string];

/**
 * Messages between two processes, in order: what is told, and questions with their answers. What is said in one turn
 * of the event loop, or while a batch is being written, goes together, so that a busy time costs fewer writes. Never
 * more questions wait than are answered in time: who slows down what it asks grows no queue.
 */
export class Post {
  readonly #line: Line;
  readonly #ears: Ears;
  readonly #patience: number;
  readonly #maxAsked: number;
  readonly #asked = new Map<number, Asked>();
  #waiting: Letter[] = [];
  #writing = false;
  #nextId = 0;
  #closed = false;

  constructor(line: Line, ears: Ears, { patience = PATIENCE_MS, maxAsked = MAX_ASKED }: PostOptions = {}) {
    this.#line = line;
    this.#ears = ears;
    this.#patience = patience;
    this.#maxAsked = maxAsked;
  }

  /** Whether the other process is so slow that nothing new should be begun. */
  get congested(): boolean {
    return this.#asked.size >= this.#maxAsked || this.#waiting.length >= MAX_WAITING;
  }

  tell(body: unknown): void {
    this.#put(['t', body]);
  }

  /** As `tell`, but it can wait: it goes along with whatever is said next, before it. */
  mention(body: unknown): void {
    if (!this.#closed) this.#waiting.push(['t', body]);
  }

  /** @throws Unanswered */
  async ask(body: unknown): Promise<unknown> {
    if (this.#closed) throw new Unanswered('the other process is gone');
    if (this.congested) throw new Unanswered('the other process has too many questions to answer');
    this.#nextId += 1;
    const id = this.#nextId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => {
      this.#asked.delete(id);
      reject(new Unanswered(`no answer within ${this.#patience} ms`));
    }, this.#patience);
    this.#asked.set(id, { resolve, reject, timer });
    this.#put(['q', id, body]);
    return await promise;
  }

  /** Resolves once everything that was said is written. */
  async written(): Promise<void> {
    while (this.#writing && !this.#closed) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** To be called with what a line of the other process brought. */
  received(messages: unknown): void {
    if (!Array.isArray(messages)) return;
    for (const letter of messages) if (Array.isArray(letter)) this.#read(letter as unknown as Letter);
  }

  /** The other process is gone: nothing is answered any more. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(new Unanswered('the other process is gone'));
    }
    this.#asked.clear();
  }

  #read(letter: Letter): void {
    switch (letter[0]) {
      case 't':
        this.#ears.told(letter[1]);
        return;
      case 'q':
        void this.#answer(letter[1], letter[2]);
        return;
      case 'a':
        this.#taken(letter[1])?.resolve(letter[2]);
        return;
      case 'n':
        this.#taken(letter[1])?.reject(new Unanswered(letter[2]));
        return;
    }
  }

  async #answer(id: number, body: unknown): Promise<void> {
    try {
      this.#put(['a', id, await this.#ears.asked(body)]);
    } catch (error) {
      this.#put(['n', id, error instanceof Error ? error.message : String(error)]);
    }
  }

  /** An answer that comes too late has nobody waiting for it. */
  #taken(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    if (asked !== undefined) clearTimeout(asked.timer);
    this.#asked.delete(id);
    return asked;
  }

  #put(letter: Letter): void {
    if (this.#closed) return;
    this.#waiting.push(letter);
    if (!this.#writing) this.#gather();
  }

  /** What else is said in this turn of the event loop goes along: each write wakes the other process. */
  #gather(): void {
    this.#writing = true;
    setImmediate(() => {
      const batch = this.#waiting;
      this.#waiting = [];
      if (batch.length === 0) this.#writing = false;
      else this.#line(batch, () => this.#wrote());
    });
  }

  #wrote(): void {
    if (this.#waiting.length > 0) this.#gather();
    else this.#writing = false;
  }
}
