/** Stands in for `FrameScanner` in `portcullis-opaque`: looks at nothing, and takes every chunk for whole frames. */
export class FrameScanner {
  readonly atBoundary = true;
  readonly next = 0;

  scan(chunk: Buffer): number {
    return chunk.length;
  }
}
