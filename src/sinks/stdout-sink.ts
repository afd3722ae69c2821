import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { errorCode } from '../store/system-error.ts';
import type { Sink, TrailRecord } from './sink.ts';

const STDOUT = 1;
const NEWLINE = 0x0a;
/** Between two tries to write to a reader who has not read yet, in ms. */
const RETRY_MS = 10;

/**
 * Writes each record to standard output as it stands in the trail, a line of JSON. A reader that stalls is waited for
 * without holding up anybody else: the descriptor is not blocking, and no write is left pending that would keep the
 * process from ending.
 */
export class StdoutSink implements Sink {
  readonly name = 'stdout';
  /** There is nobody to ask whether it was read. */
  readonly settleAfter = 0;
  readonly #write: (bytes: Buffer) => number;
  /** Whether what was written last ends within a line, after a failure. */
  #torn = false;

  /** @param write as fs.writeSync: @returns how many bytes were taken; throws EAGAIN where there is no room. */
  constructor(write: (bytes: Buffer) => number) {
    this.#write = write;
  }

  static open(): StdoutSink {
    // Node makes a pipe non-blocking as soon as it makes a stream of it, and that is on the first look.
    const { isTTY: _ } = process.stdout;
    return new StdoutSink((bytes) => writeSync(STDOUT, bytes));
  }

  async deliver(records: readonly TrailRecord[], signal: AbortSignal): Promise<void> {
    const start = this.#torn ? '\n' : '';
    let bytes = Buffer.from(start + records.map(({ line }) => `${line}\n`).join(''));
    for (;;) {
      const taken = this.#taken(bytes);
      if (taken > 0) this.#torn = bytes[taken - 1] !== NEWLINE;
      bytes = bytes.subarray(taken);
      if (bytes.length === 0) return;
      await setTimeout(RETRY_MS, undefined, { signal });
    }
  }

  async settle(): Promise<void> {}

  close(): void {}

  #taken(bytes: Buffer): number {
    try {
      return this.#write(bytes);
    } catch (error) {
      if (errorCode(error) === 'EAGAIN') return 0;
      throw error;
    }
  }
}
