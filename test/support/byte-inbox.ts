import type { Duplex } from 'node:stream';

/** How long a test waits for bytes before it says what it has, in ms: far beyond what a busy machine needs. */
const PATIENCE_MS = 10_000;

/** What a peer sends, taken in as it comes and read in order. Nothing is lost to a close or a reset. */
export class ByteInbox {
  /** Every byte that came so far, read or not. */
  #all = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #at = 0;
  #ended = false;
  #closed = false;
  #error: Error | undefined;
  #waiting: (() => void)[] = [];

  constructor(stream: Duplex) {
    stream.on('data', (chunk: Buffer) => this.#note(() => this.#chunks.push(chunk)));
    stream.on('end', () => this.#note(() => (this.#ended = true)));
    stream.on('close', () => this.#note(() => (this.#closed = true)));
    stream.on('error', (error) => this.#note(() => (this.#error ??= error)));
  }

  get all(): Buffer {
    if (this.#chunks.length > 0) this.#all = Buffer.concat([this.#all, ...this.#chunks.splice(0)]);
    return this.#all;
  }

  /** Bytes that came and were not read. */
  get unread(): Buffer {
    return this.all.subarray(this.#at);
  }

  /** How the stream ended: by a reset, say. */
  get error(): Error | undefined {
    return this.#error;
  }

  get over(): boolean {
    return this.#ended || this.#closed;
  }

  /** @throws Error where the stream ends before so many bytes came. */
  async read(length: number): Promise<Buffer> {
    await this.until(() => this.unread.length >= length || this.over);
    if (this.unread.length < length) {
      throw new Error(
        `closed after ${this.unread.length} of ${length} bytes: ${this.#error?.message ?? 'end'}`,
      );
    }
    this.#at += length;
    return this.all.subarray(this.#at - length, this.#at);
  }

  /** Everything up to the peer's close, whichever way it closes. */
  async rest(): Promise<Buffer> {
    await this.until(() => this.over);
    const rest = this.unread;
    this.#at = this.all.length;
    return rest;
  }

  /** Resolves once the condition holds; it is asked again whenever something comes. */
  async until(holds: () => boolean): Promise<void> {
    let late = false;
    const timer = setTimeout(() => this.#note(() => (late = true)), PATIENCE_MS);
    try {
      while (!holds()) {
        if (late)
          throw new Error(
            `nothing more came behind ${this.all.length} bytes: ${this.all.toString('latin1')}`,
          );
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #note(what: () => void): void {
    what();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
