/** Bytes that count how many of them were looked at, and the count. */
export interface CountedBytes {
  readonly bytes: Buffer;
  /** @returns how many bytes were searched or decoded so far, repeats included. */
  readonly looked: () => number;
}

/**
 * Measures a parser's work without a clock: a parser that stays linear looks at each byte a few times at most,
 * however hostile they are. Searching and decoding are counted, on the bytes and on every part taken of them.
 */
export function countedBytes(source: Buffer): CountedBytes {
  let looked = 0;
  const count = (buffer: Buffer): Buffer => {
    const plain = Buffer.prototype;
    return Object.assign(buffer, {
      indexOf(value: number, at = 0): number {
        const found = plain.indexOf.call(buffer, value, at);
        looked += (found < 0 ? buffer.length : found + 1) - Math.min(at, buffer.length);
        return found;
      },
      toString(encoding?: BufferEncoding, start = 0, end = buffer.length): string {
        looked += Math.max(0, end - start);
        return plain.toString.call(buffer, encoding, start, end);
      },
      subarray(start?: number, end?: number): Buffer {
        return count(plain.subarray.call(buffer, start, end));
      },
    });
  };
  return { bytes: count(Buffer.from(source)), looked: () => looked };
}
