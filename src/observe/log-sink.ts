import { writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** What cannot be written waits, up to so many bytes; later lines are lost, and their number told. */
const MAX_WAITING = 1_048_576;
/** Between two tries, in ms. */
const RETRY_MS = 20;
/** How often a process that ends tries to get rid of what waits: half a second in all. */
const LAST_TRIES = 25;

/**
 * Writes lines to a descriptor at once, so that what was logged survives a SIGKILL; but waits for nobody. A pipe
 * whose reader is slow, or a disk that is full, must not hold up those who are being served: strangers can make a log
 * long by knocking. (pino's own writer would sleep 100 ms, and everyone with it, whenever a pipe is full.)
 */
export class LogSink implements DestinationStream {
  readonly #write: (bytes: Buffer) => number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param write as fs.writeSync: @returns how many bytes were taken; throws EAGAIN where there is no room. */
  constructor(write: (bytes: Buffer) => number) {
    this.#write = write;
  }

  /** @param fd 1 for stdout, 2 for stderr. */
  static to(fd: 1 | 2): LogSink {
    const sink = new LogSink((bytes) => writeSync(fd, bytes));
    process.on('exit', () => sink.end());
    return sink;
  }

  write(line: string): void {
    if (this.#closed) return;
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > MAX_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#timer === undefined) this.#flush();
  }

  /** Tries for a moment to write what waits, and holds everything up for it: the process ends. */
  end(): void {
    clearTimeout(this.#timer);
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    for (let tries = 0; this.#waiting.length > 0 && tries < LAST_TRIES; tries += 1) {
      if (tries > 0) Atomics.wait(sleeper, 0, 0, RETRY_MS);
      this.#flush();
    }
    clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = undefined;
    while (this.#waiting.length > 0) {
      const bytes = Buffer.concat(this.#waiting);
      const taken = this.#tryToWrite(bytes);
      this.#waiting = taken < bytes.length ? [bytes.subarray(taken)] : [];
      this.#waitingBytes = bytes.length - taken;
      if (taken < bytes.length) {
        this.#timer = setTimeout(() => this.#flush(), RETRY_MS).unref();
        return;
      }
      this.#tellLost();
    }
  }

  #tryToWrite(bytes: Buffer): number {
    try {
      return this.#write(bytes);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'EPIPE') return 0;
      // The reader has left for good.
      this.#closed = true;
      return bytes.length;
    }
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    const line = {
      level: 'warn',
      time: new Date().toISOString(),
      lines: this.#lost,
      msg: 'lines of this log were lost: its reader or its disk was too slow',
    };
    this.#lost = 0;
    this.write(`${JSON.stringify(line)}\n`);
  }
}
