/** Errors that reach nobody: rejections without a handler, exceptions thrown into the event loop. */
export class StrayErrors implements Disposable {
  #found: unknown[] = [];

  constructor() {
    process.on('unhandledRejection', this.#note);
    process.on('uncaughtException', this.#note);
  }

  /**
   * Gives everything that is under way the time to fail.
   * @throws what was found since the last time.
   */
  async check(): Promise<void> {
    await new Promise(setImmediate);
    const [first] = this.#found.splice(0);
    if (first !== undefined) throw new Error('an error that nobody handled', { cause: first });
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#note);
    process.off('uncaughtException', this.#note);
  }

  readonly #note = (error: unknown): void => {
    this.#found.push(error ?? new Error('undefined was thrown'));
  };
}
