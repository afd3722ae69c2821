import { FRAME_HEADER_LENGTH, MIN_FRAME_LENGTH } from './limits.ts';

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

  constructor(allows: LengthRule) {
    this.#allows = allows;
  }

  /** Whether the last byte seen ended a frame: only here may a message of ours be put in between. */
  get atBoundary(): boolean {
    return this.#bodyLeft === 0 && this.#headerBytes === 0;
  }

  /**
   * Walks over a chunk.
   * @returns where the last frame that ends in this chunk ends (0: none does), or -1 where a header is not
   * allowed; the scanner is then useless, and bytes from that header on must not be passed on.
   */
  scan(chunk: Buffer): number {
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
      if (this.#headerBytes === 0 && end - at >= FRAME_HEADER_LENGTH) {
        const length = chunk.readInt32BE(at + 1);
        if (length < MIN_FRAME_LENGTH || !this.#allows(chunk.readUInt8(at), length)) return -1;
        at += FRAME_HEADER_LENGTH;
        this.#bodyLeft = length - MIN_FRAME_LENGTH;
        continue;
      }
      if (at === end) return boundary;
      at = this.#collectHeader(chunk, at);
      if (this.#headerBytes < FRAME_HEADER_LENGTH) return boundary;
      const length = this.#header.readInt32BE(1);
      if (length < MIN_FRAME_LENGTH || !this.#allows(this.#header.readUInt8(0), length)) return -1;
      this.#headerBytes = 0;
      this.#bodyLeft = length - MIN_FRAME_LENGTH;
    }
  }

  /** A header cut in two by the chunk's end is kept here; @returns where the chunk is read on. */
  #collectHeader(chunk: Buffer, at: number): number {
    const copied = chunk.copy(
      this.#header,
      this.#headerBytes,
      at,
      at + FRAME_HEADER_LENGTH - this.#headerBytes,
    );
    this.#headerBytes += copied;
    return at + copied;
  }
}
