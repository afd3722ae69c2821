import type { Duplex } from 'node:stream';

/** Bytes from which on a chunk waits for others; smaller ones are statements, and somebody waits for them. */
const LARGE = 4096;
/** Bytes that are written together at most, a little less than a stream's own limit. */
const MOST = 48 * 1024;

/**
 * Writes large chunks that come within one turn of the event loop together: TLS hands on a record at a time, however
 * many came with one read, and each would be a system call of its own.
 */
export class GatheredWrites {
  readonly #to: Duplex;
  /** Set while chunks wait. */
  #waiting: NodeJS.Immediate | undefined;

  constructor(to: Duplex) {
    this.#to = to;
  }

  /** As a stream's `write`. */
  write(bytes: Buffer, taken?: () => void): boolean {
    if (bytes.length >= LARGE && this.#waiting === undefined) {
      this.#to.cork();
      this.#waiting = setImmediate(this.letGo);
    }
    const hasRoom = this.#to.write(bytes, taken);
    if (this.#to.writableLength >= MOST) this.letGo();
    return hasRoom;
  }

  /** Nothing waits any more. */
  readonly letGo = (): void => {
    if (this.#waiting === undefined) return;
    clearImmediate(this.#waiting);
    this.#waiting = undefined;
    this.#to.uncork();
  };
}
