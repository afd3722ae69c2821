import { FRAME_HEADER_LENGTH, MIN_FRAME_LENGTH } from './limits.ts';
import { typeTable } from './type-table.ts';

const NO_RUNS: readonly number[] = [];

/** What `scan` says of a chunk that holds a header nobody may send. */
const REFUSED = -1;

/**
 * @param start where the frame begins, counted from the beginning of the chunk in hand: negative where a chunk before
 * it has some of the header.
 * @returns whether a frame of this type may declare this length (at least 4 already).
 */
export type LengthRule = (type: number, length: number, start: number) => boolean;

/**
 * Follows the frames in a stream by their headers alone; bodies pass by uncollected, so a row of 1 GiB costs
 * no memory. The stream may be cut anywhere. Bytes left in a frame are counted down, never added up, so no
 * counter can wrap however long the stream (pgx CVE-2024-27304).
 */
export class FrameScanner {
  readonly #allows: LengthRule;
  /** 1 for each of the types that come in long runs. */
  readonly #runs: Uint8Array;
  /** Made when it is needed, which in most sessions is never. */
  #header: Buffer | undefined;
  #headerBytes = 0;
  #bodyLeft = 0;
  #refused = false;

  /**
   * @param runs types of which frames come by the million: of those that stand behind one another in a chunk, whole,
   * the rule is asked about the first only. It must allow each of them the size of a chunk.
   */
  constructor(allows: LengthRule, runs = NO_RUNS) {
    this.#allows = allows;
    this.#runs = typeTable(runs);
  }

  /** Whether the last byte passed on ended a frame: only here may a message of ours be put in between. */
  get atBoundary(): boolean {
    return this.#bodyLeft === 0 && this.#headerBytes === 0;
  }

  /** Where the next frame begins, counted from the end of the last chunk: negative where some of its header has come. */
  get next(): number {
    return this.#bodyLeft - this.#headerBytes;
  }

  /**
   * Walks over a chunk.
   * @returns where the last frame that ends in this chunk ends (0: none does), or -1 where it holds a header
   * that is not allowed. Then nothing of this chunk may be passed on, and every later chunk is refused too.
   */
  scan(chunk: Buffer): number {
    if (this.#refused) return REFUSED;
    const headerBytes = this.#headerBytes;
    const bodyLeft = this.#bodyLeft;
    const boundary = this.#walk(chunk);
    if (boundary === REFUSED) {
      // The peer has seen nothing of this chunk; if it waits in the middle of a frame, `atBoundary` must say so.
      this.#refused = true;
      this.#headerBytes = headerBytes;
      this.#bodyLeft = bodyLeft;
    }
    return boundary;
  }

  #walk(chunk: Buffer): number {
    const end = chunk.length;
    let at = 0;
    let boundary = 0;
    for (;;) {
      if (this.#bodyLeft > end - at) {
        this.#bodyLeft -= end - at;
        return boundary;
      }
      if (this.#headerBytes === 0) {
        at += this.#bodyLeft;
        this.#bodyLeft = 0;
        boundary = at;
      }
      if (at === end) return boundary;
      if (this.#headerBytes === 0 && end - at >= FRAME_HEADER_LENGTH) {
        if (!this.#enterFrame(chunk, at, at)) return REFUSED;
        at = this.#behindRun(chunk, at);
        continue;
      }
      this.#header ??= Buffer.alloc(FRAME_HEADER_LENGTH);
      const header = this.#header;
      const copied = chunk.copy(header, this.#headerBytes, at);
      at += copied;
      // Never beyond its last byte: `copy` ends where its target does.
      this.#headerBytes += copied;
      if (this.#headerBytes < FRAME_HEADER_LENGTH) return boundary;
      if (!this.#enterFrame(header, 0, at - FRAME_HEADER_LENGTH)) return REFUSED;
      this.#headerBytes = 0;
    }
  }

  /** Takes up the frame whose header stands at an offset of these bytes; @returns whether it is allowed. */
  #enterFrame(bytes: Buffer, at: number, start: number): boolean {
    const length = bytes.readInt32BE(at + 1);
    if (length < MIN_FRAME_LENGTH || !this.#allows(bytes.readUInt8(at), length, start)) return false;
    this.#bodyLeft = length - MIN_FRAME_LENGTH;
    return true;
  }

  /** @returns where to go on behind the header at an offset, and behind the run that it begins. */
  #behindRun(chunk: Buffer, at: number): number {
    const type = chunk.readUInt8(at);
    const body = at + FRAME_HEADER_LENGTH;
    if (this.#runs[type] !== 1 || this.#bodyLeft > chunk.length - body) return body;
    const end = endOfRun(chunk, body + this.#bodyLeft, type);
    this.#bodyLeft = 0;
    return end;
  }
}

/** @returns behind the last of the frames of this type that stand at an offset, one behind another and whole. */
function endOfRun(chunk: Buffer, from: number, type: number): number {
  // A fifth quicker than the methods of Buffer; while rows pass, this is where following them takes its time.
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
  const last = chunk.length - FRAME_HEADER_LENGTH;
  let at = from;
  while (at <= last && chunk[at] === type) {
    const length = view.getInt32(at + 1);
    const size = 1 + length;
    if (length < MIN_FRAME_LENGTH || at + size > chunk.length) break;
    at += size;
    // Rows often have one length: to guess it spares the processor the wait for each.
    const lastAlike = chunk.length - size;
    while (at <= lastAlike && chunk[at] === type && view.getInt32(at + 1) === length) at += size;
  }
  return at;
}
