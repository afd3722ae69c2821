/** How far the trail is durable, for those who follow it: what lies beyond may yet be taken back. */
export class DurableMark {
  #sequence: number;
  #waiting: (() => void)[] = [];

  constructor(sequence: number) {
    this.#sequence = sequence;
  }

  /** Of the last durable record. */
  get sequence(): number {
    return this.#sequence;
  }

  advance(sequence: number): void {
    this.#sequence = sequence;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves once a record behind `sequence` is durable, or the signal is aborted. */
  async past(sequence: number, signal: AbortSignal | undefined): Promise<void> {
    while (this.#sequence <= sequence && signal?.aborted !== true) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = (): void => resolve();
      this.#waiting.push(wake);
      signal?.addEventListener('abort', wake);
      await promise;
      signal?.removeEventListener('abort', wake);
      this.#waiting = this.#waiting.filter((each) => each !== wake);
    }
  }
}
