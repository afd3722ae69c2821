import { FrameScanner, type LengthRule } from '../../src/wire/frame-scanner.ts';
import { FRAME_HEADER_LENGTH } from '../../src/wire/limits.ts';

/** What the scanner says after each chunk. */
export interface Step {
  readonly boundary: number;
  readonly atBoundary: boolean;
}

/** A stream in chunks, scanned. */
export function scanAll(chunks: readonly Buffer[], allows: LengthRule, runs: readonly number[] = []): Step[] {
  const scanner = new FrameScanner(allows, runs);
  return chunks.map((chunk) => {
    const boundary = scanner.scan(chunk);
    return { boundary, atBoundary: scanner.atBoundary };
  });
}

/** The same, read off the whole stream at once: where its frames end, and where its first bad header is whole. */
export function naive(chunks: readonly Buffer[], allows: LengthRule): Step[] {
  const stream = Buffer.concat(chunks);
  const ends: number[] = [0];
  let refusedAt = Number.POSITIVE_INFINITY;
  let at = 0;
  while (at + FRAME_HEADER_LENGTH <= stream.length) {
    const length = stream.readInt32BE(at + 1);
    if (length < 4 || !allows(stream.readUInt8(at), length, at)) {
      refusedAt = at + FRAME_HEADER_LENGTH;
      break;
    }
    at += 1 + length;
    ends.push(at);
  }
  let start = 0;
  let passedOn = 0;
  return chunks.map((chunk) => {
    const end = start + chunk.length;
    const boundary = Math.max(0, (ends.findLast((frameEnd) => frameEnd <= end) ?? 0) - start);
    const refused = end >= refusedAt;
    if (!refused) passedOn = end;
    start = end;
    return { boundary: refused ? -1 : boundary, atBoundary: ends.includes(passedOn) };
  });
}

/** A frame's, whatever its length says. */
export function header(type: number, length: number): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_LENGTH);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt32BE(length >>> 0, 1);
  return bytes;
}
