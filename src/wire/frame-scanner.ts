import { FRAME_HEADER_LENGTH, MIN_FRAME_LENGTH } from './limits.ts';

/** What `scan` says of a chunk that holds a header nobody may send. */
const REFUSED = -1;

/** @returns whether a frame of this type may declare this length (at least 4 already). */
export type LengthRule = (type: number, length: number) => boolean;

/**
 * Follows the frames in a stream by their headers alone; bodies pass by uncollected, so a row of 1 GiB costs
 * no memory. The stream may be cut anywhere. Bytes left in a frame are counted down, never added up, so no
 * counter can wrap however long the stream (pgx CVE-2024-27304).
 */
export class FrameScanner {
  readonly #allows: LengthRule;
  readonly #header = Buffer.alloc(FRAME_HEADER_LENGTH);
  #headerBytes = 0;
  #bodyLeft = 0;
  #refused = false;

  constructor(allows: LengthRule) {
    this.#allows = allows;
  }

  /** Whether the last byte passed on ended a frame: only here may a message of ours be put in between. */
  get atBoundary(): boolean {
    return this.#bodyLeft === 0 && this.#headerBytes === 0;
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
        if (!this.#enterFrame(chunk, at)) return REFUSED;
        at += FRAME_HEADER_LENGTH;
        continue;
      }
      at = this.#collectHeader(chunk, at);
      if (this.#headerBytes < FRAME_HEADER_LENGTH) return boundary;
      if (!this.#enterFrame(this.#header, 0)) return REFUSED;
      this.#headerBytes = 0;
    }
  }

  /** Takes up the frame whose header stands at an offset; @returns whether it is allowed. */
  #enterFrame(bytes: Buffer, at: number): boolean {
    const length = bytes.readInt32BE(at + 1);
    if (length < MIN_FRAME_LENGTH || !this.#allows(bytes.readUInt8(at), length)) return false;
    this.#bodyLeft = length - MIN_FRAME_LENGTH;
    return true;
  }

  /** A header cut in two by the chunk's end is kept here, never beyond its last byte; @returns where to go on. */
  #collectHeader(chunk: Buffer, at: number): number {
    const copied = chunk.copy(this.#header, this.#headerBytes, at);
    this.#headerBytes += copied;
    return at + copied;
  }
}
