import { printable } from '../observe/printable.ts';

/** ms after which a person would like to know what is going on. */
const SILENCE_MS = 1000;
const TICK_MS = 500;
/** Back to the line's beginning, and nothing behind it (ECMA-48, 8.3.41 EL). */
const CLEAR = '\r\u001b[K';

/** Where progress is shown. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** What a command that takes longer than a second is at, on one line of a terminal; nothing anywhere else. */
export class Progress implements Disposable {
  readonly #output: ProgressOutput;
  readonly #began = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #step = '';
  #shown = false;

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  tell(step: string): void {
    this.#step = step;
    if (this.#output.isTTY === true) this.#timer ??= setInterval(() => this.#show(), TICK_MS);
  }

  /** The line is gone; whatever is written next begins a line. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#shown) this.#output.write(CLEAR);
    this.#shown = false;
  }

  #show(): void {
    const ms = performance.now() - this.#began;
    if (ms < SILENCE_MS) return;
    this.#shown = true;
    this.#output.write(`${CLEAR}portcullis: ${printable(this.#step)} (${Math.floor(ms / 1000)} s)`);
  }
}
