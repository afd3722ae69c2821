import type { LengthRule } from '../wire/frame-scanner.ts';
import { typeTable } from '../wire/type-table.ts';
import { GrowingBytes } from './growing-bytes.ts';

/** What becomes of a frame: it passes unseen, is looked at as a whole, or part by part as it comes. */
export type Interest = 'none' | 'whole' | 'parts';

/** What goes on in the place of bytes, or will. */
export type Instead = Buffer | (() => Promise<Buffer>);

/** Which frames a sieve looks at, and what it makes of them. */
export interface SieveRules {
  /** Types of frames that may be of interest; all others pass as quickly as they can be counted. */
  readonly types: readonly number[];
  /** Asked once for every frame of these types. @param length as declared. */
  interest(type: number, length: number): Interest;
  /** Whether a frame of these types could be of interest, of which only the type has come. */
  mayInterest(type: number): boolean;
  /**
   * @param bytes that hold a frame, its header included, from `start` up to `end`: to cut it out takes longer than to
   * look at it.
   * @returns undefined where it passes as it is.
   */
  whole(bytes: Buffer, start: number, end: number): Instead | undefined;
  /** @param part of a frame that is looked at in parts, its header in the first. @returns as many bytes, which go on. */
  part(part: Buffer, isFirst: boolean): Buffer;
}

interface Frame {
  readonly interest: 'whole' | 'parts';
  /** Counted from the beginning of the chunk in hand. */
  readonly start: number;
  end: number;
}

/**
 * Looks into some of a stream's frames before they pass. All bytes keep their order. What has come of a frame that is
 * looked at as a whole is held back until it is whole.
 */
export class FrameSieve {
  readonly #rules: SieveRules;
  /** 1 for each of the types. */
  readonly #types: Uint8Array;
  /** Frames of interest whose header ends in the chunk in hand. */
  #found: Frame[] = [];
  /** Where the next frame begins, counted from the beginning of the chunk in hand. */
  #next = 0;
  /** The one that an earlier chunk began. */
  #open: Frame | undefined;
  /** The beginning of the open one, or of a header. */
  readonly #held = new GrowingBytes();

  constructor(rules: SieveRules) {
    this.#rules = rules;
    this.#types = typeTable(rules.types);
  }

  /** Whether the beginning of a frame is held back, so that all that went on ended with a frame. */
  get holding(): boolean {
    return this.#held.length > 0;
  }

  /** A rule that notices frames as it checks them. */
  following(rule: LengthRule): LengthRule {
    return (type, length, start) => {
      if (this.#types[type] === 1) this.#notice(type, length, start);
      return rule(type, length, start);
    };
  }

  #notice(type: number, length: number, start: number): void {
    const interest = this.#rules.interest(type, length);
    // A header whose beginning has gone on cannot be taken back.
    const isHere = start >= 0 || this.holding;
    if (isHere && interest !== 'none') this.#found.push({ interest, start, end: start + 1 + length });
  }

  /**
   * @param chunk whose headers the rule has just seen.
   * @param next where the next frame begins, counted from the end of the chunk.
   * @returns what goes on now, in its order; the chunk itself only where nobody keeps any of it.
   */
  take(chunk: Buffer, next: number): Buffer | readonly Instead[] {
    this.#next = chunk.length + next;
    const busy = this.#open !== undefined || this.holding || this.#found.length > 0;
    return busy || this.#endsInHeader(chunk) ? this.#look(chunk) : chunk;
  }

  /** Whether the chunk ends in a header that may be of interest. */
  #endsInHeader(chunk: Buffer): boolean {
    if (this.#next < 0) return this.holding;
    if (this.#next >= chunk.length) return false;
    const type = chunk.readUInt8(this.#next);
    return this.#types[type] === 1 && this.#rules.mayInterest(type);
  }

  #look(chunk: Buffer): Buffer | readonly Instead[] {
    const out: Instead[] = [];
    let at = this.#open === undefined ? this.#letGoHeader(out) : this.#goOn(this.#open, chunk, 0, out);
    const found = this.#found;
    this.#found = [];
    for (const frame of found) {
      const isInHand = frame.interest === 'whole' && frame.start >= 0 && frame.end <= chunk.length;
      const instead = isInHand ? this.#rules.whole(chunk, frame.start, frame.end) : undefined;
      if (isInHand && instead === undefined) continue;
      const start = Math.max(at, frame.start);
      add(out, chunk.subarray(at, start));
      if (instead === undefined) at = this.#goOn(frame, chunk, start, out);
      else {
        out.push(instead);
        at = frame.end;
      }
    }
    const end = this.#endsInHeader(chunk) ? Math.max(0, this.#next) : chunk.length;
    if (at === 0 && end === chunk.length && out.length === 0) return chunk;
    add(out, chunk.subarray(at, end));
    this.#held.push(chunk.subarray(Math.max(at, end)));
    return out;
  }

  /** A header that was held back and has come whole goes on where its frame is of no interest. @returns 0. */
  #letGoHeader(out: Instead[]): number {
    const [first] = this.#found;
    const isFound = first !== undefined && first.start < 0;
    if (this.holding && this.#next >= 0 && !isFound) out.push(this.#held.take());
    return 0;
  }

  /** Takes what of a frame is in the chunk. @returns where its bytes end there. */
  #goOn(frame: Frame, chunk: Buffer, start: number, out: Instead[]): number {
    const end = Math.min(frame.end, chunk.length);
    const isFirst = this.#open === undefined;
    this.#open = frame.end > chunk.length ? frame : undefined;
    frame.end -= chunk.length;
    this.#held.push(chunk.subarray(start, end));
    if (frame.interest === 'parts') out.push(this.#rules.part(this.#held.take(), isFirst));
    else if (this.#open === undefined) {
      const whole = this.#held.take();
      out.push(this.#rules.whole(whole, 0, whole.length) ?? whole);
    }
    return end;
  }
}

function add(out: Instead[], bytes: Buffer): void {
  if (bytes.length > 0) out.push(bytes);
}
