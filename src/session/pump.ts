import type { Duplex } from 'node:stream';
import { FrameScanner, type LengthRule } from '../wire/frame-scanner.ts';
import type { FrameSieve, Instead } from './frame-sieve.ts';
import { GatheredWrites } from './gathered-writes.ts';

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

/** ms after which a source that was held up may be read again. */
const CROWD_MS = 5;
/** Bytes from which on a chunk's memory is worth more than the time it takes to give it back. */
const LARGE = 4096;

/** How a pump judges what goes through it. */
export interface PumpRules {
  readonly lengths: LengthRule;
  /** Types of frames that come by the million, of which the rule need not see every one. */
  readonly runs?: readonly number[] | undefined;
  /** How long the target may take nothing, in ms. */
  readonly stallTimeout: number;
  /** Sees each chunk that goes on, once its headers were judged. Bytes are lent for the call only. */
  readonly passing?: ((chunk: Buffer) => void) | undefined;
  /** Whether no more should be read from the source for now; asked again every few ms. */
  readonly crowded?: (() => boolean) | undefined;
  /** Looks into some of the frames before they pass; nothing else passes meanwhile. */
  readonly sieve?: FrameSieve | undefined;
  /** Whether large chunks that come together are written together. */
  readonly gathers?: boolean;
  /** Told of a large chunk that went on as it was, once the target has taken it; nobody reads it any more. */
  readonly spent?: ((chunk: Buffer) => void) | undefined;
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
  readonly #gathered: GatheredWrites | undefined;
  #stall: NodeJS.Timeout | undefined;
  #lastLook: NodeJS.Immediate | undefined;
  /** Whether the source is held up until something is known about a frame of its. */
  #looking = false;
  /** Set while the source is held up because what it sent before has to be worked off. */
  #crowd: NodeJS.Timeout | undefined;
  ended = false;

  constructor(from: Duplex, to: Duplex, rules: PumpRules, owner: PumpOwner) {
    this.#from = from;
    this.#to = to;
    this.#owner = owner;
    this.#rules = rules;
    this.#gathered = rules.gathers === true ? new GatheredWrites(to) : undefined;
    this.#scanner = new FrameScanner(rules.sieve?.following(rules.lengths) ?? rules.lengths, rules.runs);
  }

  /** Whether the last byte passed on ended a frame. */
  get atBoundary(): boolean {
    return this.#scanner.atBoundary || this.#rules.sieve?.holding === true;
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
    this.#gathered?.letGo();
    this.#unwatchTarget();
    clearTimeout(this.#crowd);
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
      this.#pass(chunk.subarray(0, boundary), 0);
      this.stop();
      this.#stopAtBoundary();
    } else {
      this.#rules.passing?.(chunk);
      this.#pass(chunk, this.#scanner.next);
      if (this.#crowd === undefined && this.#rules.crowded?.() === true) this.#holdUp();
    }
  };

  #holdUp(): void {
    this.#from.pause();
    this.#crowd = setTimeout(() => {
      this.#crowd = undefined;
      if (this.#rules.crowded?.() === true) this.#holdUp();
      else this.#goOn();
    }, CROWD_MS);
  }

  #goOn(): void {
    if (!this.#looking && this.#crowd === undefined && !this.#to.writableNeedDrain) this.#from.resume();
  }

  /** @param next where the next frame begins, counted from the end of these bytes. */
  #pass(chunk: Buffer, next: number): void {
    const { sieve, spent } = this.#rules;
    const out = sieve?.take(chunk, next) ?? chunk;
    if (out === chunk && chunk.length >= LARGE && spent !== undefined) this.#write(chunk, () => spent(chunk));
    else if (Buffer.isBuffer(out)) this.#write(out);
    else this.#passOn(out);
  }

  #write(bytes: Buffer, taken?: () => void): void {
    if (!(this.#gathered ?? this.#to).write(bytes, taken)) this.#wait();
  }

  #passOn(parts: readonly Instead[]): void {
    for (const [i, part] of parts.entries()) {
      if (typeof part === 'function') {
        this.#looking = true;
        this.#from.pause();
        void this.#passOnSlowly(parts.slice(i));
        break;
      }
      this.#write(part);
    }
  }

  async #passOnSlowly(parts: readonly Instead[]): Promise<void> {
    for (const part of parts) {
      const bytes = typeof part === 'function' ? await part() : part;
      if (!this.#running) return;
      this.#write(bytes);
    }
    this.#looking = false;
    this.#goOn();
  }

  #wait(): void {
    this.#from.pause();
    this.#watchTarget();
  }

  /**
   * Where we were asleep ourselves (the machine was suspended, or had no time for us), the target may have taken all
   * of it meanwhile: timers come before what sockets have to say, so that is heard first.
   */
  #watchTarget(): void {
    this.#unwatchTarget();
    this.#stall = setTimeout(() => {
      this.#lastLook = setImmediate(() => this.#owner.stalled());
    }, this.#rules.stallTimeout);
  }

  #unwatchTarget(): void {
    clearTimeout(this.#stall);
    clearImmediate(this.#lastLook);
  }

  readonly #onDrain = (): void => {
    this.#unwatchTarget();
    this.#goOn();
  };

  readonly #onEnd = (): void => {
    this.ended = true;
    this.#gathered?.letGo();
    // No 'drain' comes behind an end.
    this.#watchTarget();
    this.#to.end(() => this.#unwatchTarget());
    this.#owner.drained();
  };
}
