import type { Duplex } from 'node:stream';
import { FrameScanner, type LengthRule } from '../wire/frame-scanner.ts';

/** What a pump tells the relay that owns it. */
export interface PumpOwner {
  /** Bytes came; called for each chunk. */
  moved(bytes: number): void;
  /** A frame's header broke the length rule. */
  broken(): void;
  /** The source has sent its last byte, and the target was told. */
  drained(): void;
  /** The target has taken nothing of what waits for it for too long. */
  stalled(): void;
}

/** How a pump judges what goes through it. */
export interface PumpRules {
  readonly lengths: LengthRule;
  /** How long the target may take nothing, in ms. */
  readonly stallTimeout: number;
  /** Sees each chunk that goes on, once its headers were judged. */
  readonly passing?: ((chunk: Buffer) => void) | undefined;
}

/**
 * One direction of a relay: chunks go through as they come, never faster than the target takes them. Frames are
 * followed by their headers, so that the stream can be stopped between two of them.
 */
export class Pump {
  readonly #from: Duplex;
  readonly #to: Duplex;
  readonly #owner: PumpOwner;
  readonly #scanner: FrameScanner;
  #stopAtBoundary: (() => void) | undefined;
  #running = false;
  readonly #rules: PumpRules;
  #stall: NodeJS.Timeout | undefined;
  ended = false;

  constructor(from: Duplex, to: Duplex, rules: PumpRules, owner: PumpOwner) {
    this.#from = from;
    this.#to = to;
    this.#owner = owner;
    this.#rules = rules;
    this.#scanner = new FrameScanner(rules.lengths);
  }

  /** Whether the last byte passed on ended a frame. */
  get atBoundary(): boolean {
    return this.#scanner.atBoundary;
  }

  start(): void {
    this.#running = true;
    this.#from.on('data', this.#onData);
    this.#from.on('end', this.#onEnd);
    this.#to.on('drain', this.#onDrain);
    this.#from.resume();
  }

  /** Passes nothing on any more. What still comes is left to whoever reads next. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    clearTimeout(this.#stall);
    this.#from.pause();
    this.#from.off('data', this.#onData);
    this.#from.off('end', this.#onEnd);
    this.#to.off('drain', this.#onDrain);
  }

  /** Stops as soon as the frame that is on its way has ended, then calls back; at once between two frames. */
  stopAtBoundary(then: () => void): void {
    if (this.atBoundary) {
      this.stop();
      then();
    } else {
      this.#stopAtBoundary = then;
    }
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#owner.moved(chunk.length);
    const boundary = this.#scanner.scan(chunk);
    if (boundary < 0) {
      this.stop();
      this.#owner.broken();
    } else if (this.#stopAtBoundary !== undefined && boundary > 0) {
      this.#to.write(chunk.subarray(0, boundary));
      this.stop();
      this.#stopAtBoundary();
    } else {
      this.#rules.passing?.(chunk);
      if (!this.#to.write(chunk)) this.#wait();
    }
  };

  #wait(): void {
    this.#from.pause();
    this.#watchTarget();
  }

  #watchTarget(): void {
    clearTimeout(this.#stall);
    this.#stall = setTimeout(() => this.#owner.stalled(), this.#rules.stallTimeout);
  }

  readonly #onDrain = (): void => {
    clearTimeout(this.#stall);
    this.#from.resume();
  };

  readonly #onEnd = (): void => {
    this.ended = true;
    // No 'drain' comes behind an end.
    this.#watchTarget();
    this.#to.end(() => clearTimeout(this.#stall));
    this.#owner.drained();
  };
}
