import type { Logger } from 'pino';
import { processTicker, type Ticker } from '../net/pressure.ts';

/** Between two looks, in ms: asking 10,000 sessions takes a few. */
const LOOK_MS = 1000;

export interface BufferWatchOptions {
  /** Bytes that wait in all sessions together. */
  readonly buffered: () => number;
  /** Bytes. */
  readonly limit: number;
  readonly log: Logger;
  readonly ticker?: Ticker;
}

/**
 * Adds up what waits in the streams of all sessions, since each bounds only its own. Over the limit new connections are
 * closed, and the log says so, once, until there is room again: sessions that are served go on.
 */
export class BufferWatch {
  #full = false;
  readonly #options: BufferWatchOptions;
  readonly #stop: () => void;

  constructor(options: BufferWatchOptions) {
    this.#options = options;
    this.#stop = (options.ticker ?? processTicker).every(LOOK_MS, () => this.#look());
  }

  /** At the last look. */
  get full(): boolean {
    return this.#full;
  }

  close(): void {
    this.#stop();
  }

  #look(): void {
    const { buffered, limit, log } = this.#options;
    const bytes = buffered();
    const full = bytes > limit;
    if (full && !this.#full)
      log.error({ bytes, limit }, 'too much waits in memory for slow peers: new connections are closed');
    if (this.#full && !full) log.info({ bytes, limit }, 'there is room in memory again');
    this.#full = full;
  }
}
