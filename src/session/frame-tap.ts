import type { LengthRule } from '../wire/frame-scanner.ts';
import { FRAME_HEADER_LENGTH } from '../wire/limits.ts';
import { GrowingBytes } from './growing-bytes.ts';

/** Who hears of frames. Bytes are lent for the call only. */
export interface TapRules {
  readonly types: readonly number[];
  /** Bytes of a body of this type that are kept until it is whole. */
  most(type: number): number;
  /** A header has come. @returns whether nothing more of this frame is to be heard; not asked while one is awaited. */
  passesBy(type: number): boolean;
  /** The next chunk has frames to hear of. */
  begins(): void;
  /** A frame has ended. @param bytes that hold its body, or as much as is kept, from `start` up to `end`. */
  whole(type: number, bytes: Buffer, start: number, end: number): void;
  /** More of a body than is kept. @param head what is kept, with the first part; `whole` comes at its end. */
  beyond(type: number, part: Buffer, head: Buffer | undefined): void;
}

interface Frame {
  readonly type: number;
  /** Of its body, counted from the beginning of the chunk in hand. */
  start: number;
  end: number;
}

/** Hears some of a stream's frames as they pass; unlike a sieve, it never holds back or changes any. */
export class FrameTap {
  readonly #rules: TapRules;
  readonly #types = new Uint8Array(256);
  /** Frames whose header ends in the chunk in hand, or that have not ended. */
  readonly #found: Frame[] = [];
  readonly #head = new GrowingBytes();
  #next = 0;
  #isBeyond = false;

  constructor(rules: TapRules) {
    this.#rules = rules;
    for (const type of rules.types) this.#types[type] = 1;
  }

  /** A rule that notices frames as it checks them. */
  following(rule: LengthRule): LengthRule {
    return (type, length, begin) => {
      const start = this.#next + FRAME_HEADER_LENGTH;
      this.#next += 1 + length;
      if (this.#types[type] === 1 && (this.#found.length > 0 || !this.#rules.passesBy(type)))
        this.#found.push({ type, start, end: this.#next });
      return rule(type, length, begin);
    };
  }

  /** To be called with each chunk, once the rule has seen its headers. */
  passing(chunk: Buffer): void {
    if (this.#found.length > 0) this.#rules.begins();
    let ended = 0;
    for (const frame of this.#found) {
      if (!this.#hear(frame, chunk)) break;
      ended += 1;
    }
    if (ended === this.#found.length) this.#found.length = 0;
    else this.#found.splice(0, ended);
    this.#next -= chunk.length;
  }

  /** @returns whether the frame has ended. */
  #hear(frame: Frame, chunk: Buffer): boolean {
    const { type, start, end } = frame;
    const most = this.#rules.most(type);
    const isWhole = end <= chunk.length;
    if (isWhole && this.#head.length === 0 && end - start <= most) {
      this.#rules.whole(type, chunk, start, end);
      return true;
    }
    const part = chunk.subarray(start, end);
    const room = most - this.#head.length;
    if (room > 0) this.#head.push(part.subarray(0, room));
    if (part.length > room) {
      const kept = this.#isBeyond ? undefined : this.#head.take();
      if (kept !== undefined) this.#head.push(kept);
      this.#rules.beyond(type, part.subarray(Math.max(0, room)), kept);
      this.#isBeyond = true;
    }
    frame.start = 0;
    frame.end -= chunk.length;
    if (isWhole) {
      this.#isBeyond = false;
      const body = this.#head.take();
      this.#rules.whole(type, body, 0, body.length);
    }
    return isWhole;
  }
}
