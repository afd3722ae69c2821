import type { Duplex } from 'node:stream';
import { type Frame, parseFrameHeader } from '../wire/frame.ts';
import { FRAME_HEADER_LENGTH } from '../wire/limits.ts';

/** How long a peer that was told to go may take to read that, in ms, before it is reset. */
const FAREWELL_MS = 2000;

/** The peer closed or reset the connection before what was asked for had come. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';

  constructor(cause?: unknown) {
    super('connection closed', { cause });
  }
}

/** One for all streams, so that it costs a session nothing. */
const ignore = (): void => {};

/**
 * One side's stream before it is relayed: exact reads, whole frames, and a close that loses nothing.
 * Reads end with the signal's reason once it is aborted.
 */
export class Leg {
  readonly stream: Duplex;
  readonly #signal: AbortSignal;

  constructor(stream: Duplex, signal: AbortSignal) {
    this.stream = stream;
    this.#signal = signal;
    // An 'error' without a listener would end the process; the next read or write reports it.
    stream.on('error', ignore);
  }

  /** Bytes that have come and were not read. */
  get buffered(): number {
    return this.stream.readableLength;
  }

  get closed(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  /** Whether nothing can come any more: the peer has closed at least its side, and all of it was read. */
  get peerLeft(): boolean {
    return this.closed || this.stream.readableEnded;
  }

  /**
   * @returns exactly `length` bytes, more than 0.
   * @throws ConnectionClosed where fewer come; the signal's reason when it is aborted first.
   */
  async read(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; ; ) {
      this.#signal.throwIfAborted();
      // Never more than is there. A stream left with some bytes, but too few, calls itself readable again and
      // again as soon as it is listened to: one byte and a silent client would then keep the process busy.
      const part: Buffer | null = this.stream.read(Math.min(missing, this.stream.readableLength));
      if (part !== null) {
        parts.push(part);
        missing -= part.length;
        if (missing === 0) return parts.length === 1 ? part : Buffer.concat(parts, length);
      }
      if (this.peerLeft) throw new ConnectionClosed(this.stream.errored ?? undefined);
      if (part === null) await this.#moreInput();
    }
  }

  /** Puts bytes back, to be read again first. */
  unread(bytes: Buffer): void {
    this.stream.unshift(bytes);
  }

  /**
   * @param limit the largest declared length that is collected, in bytes.
   * @throws ProtocolViolation on any other; as `read`.
   */
  async readFrame(limit: number): Promise<Frame> {
    const { type, bodyLength } = parseFrameHeader(await this.read(FRAME_HEADER_LENGTH), limit);
    return { type, body: bodyLength === 0 ? Buffer.alloc(0) : await this.read(bodyLength) };
  }

  /**
   * Waits for work that is not this stream's, but no longer than a read would.
   * @throws the signal's reason when it is aborted first; the work then goes on unheard.
   */
  async unlessAborted<T>(work: Promise<T>): Promise<T> {
    const aborted = Promise.withResolvers<never>();
    const abort = (): void => aborted.reject(this.#signal.reason);
    this.#signal.addEventListener('abort', abort);
    if (this.#signal.aborted) abort();
    try {
      return await Promise.race([work, aborted.promise]);
    } finally {
      this.#signal.removeEventListener('abort', abort);
    }
  }

  /** Sends in order; nothing is sent to a stream that is gone, which the next read reports. */
  write(bytes: Buffer): void {
    if (this.stream.writable) this.stream.write(bytes);
  }

  /**
   * Sends last bytes and closes. What the peer still sends is read and dropped, because closing a socket
   * with unread input resets it, and a reset can overtake the bytes just sent (RFC 1122, 4.2.2.13).
   * @param patience how long that may take, in ms; then the connection is reset.
   */
  async farewell(last?: Buffer, patience = FAREWELL_MS): Promise<void> {
    const { stream } = this;
    if (this.closed) return;
    if (last !== undefined) this.write(last);
    stream.end();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patience);
      const settle = (): void => {
        if (!this.closed && !(stream.readableEnded && stream.writableFinished)) return;
        clearTimeout(timer);
        resolve();
      };
      for (const event of ['close', 'end', 'finish']) stream.on(event, settle);
      stream.on('data', ignore);
      stream.resume();
      settle();
    });
    stream.destroy();
  }

  /**
   * Waits until the peer has closed; a byte that comes instead counts as well, since none is expected.
   * @throws the signal's reason when it is aborted first.
   */
  async ended(): Promise<void> {
    try {
      await this.read(1);
    } catch (error) {
      if (!(error instanceof ConnectionClosed)) throw error;
    }
  }

  destroy(): void {
    this.stream.destroy();
  }

  #moreInput(): Promise<void> {
    const { stream } = this;
    return new Promise((resolve) => {
      const wake = (): void => {
        stream.off('readable', wake);
        stream.off('end', wake);
        stream.off('close', wake);
        this.#signal.removeEventListener('abort', wake);
        resolve();
      };
      stream.on('readable', wake);
      stream.on('end', wake);
      stream.on('close', wake);
      this.#signal.addEventListener('abort', wake);
    });
  }
}
