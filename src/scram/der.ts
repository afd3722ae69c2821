/** One element of a DER encoding (X.690): its tag, its contents, and where the next one begins. */
export interface DerElement {
  readonly tag: number;
  readonly contents: Buffer;
  readonly end: number;
}

/** Tags as they stand in the first byte: class, constructed bit and number together (X.690, 8.1.2). */
export const OBJECT_IDENTIFIER = 0x06;
export const SEQUENCE = 0x30;
/** Context-specific, constructed, number 0: `[0] EXPLICIT`. */
export const EXPLICIT_0 = 0xa0;

/** The low five bits of a tag that goes on in further bytes; certificates have none. */
const HIGH_TAG_NUMBER = 0x1f;

/** Bytes in which a length may be spelt; 16 MiB are beyond any certificate. */
const MAX_LENGTH_BYTES = 3;

/**
 * Reads the element at an offset. `undefined` where it is cut short, reaches beyond the buffer, or is spelt in a
 * way that DER does not know (indefinite length, high tag numbers).
 */
export function readElement(buffer: Buffer, offset: number): DerElement | undefined {
  if (offset + 2 > buffer.length) return undefined;
  const tag = buffer.readUInt8(offset);
  if ((tag & HIGH_TAG_NUMBER) === HIGH_TAG_NUMBER) return undefined;
  const first = buffer.readUInt8(offset + 1);
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  const start = offset + 2 + lengthBytes;
  if (first === 0x80 || lengthBytes > MAX_LENGTH_BYTES || start > buffer.length) return undefined;
  const length = lengthBytes === 0 ? first : buffer.readUIntBE(offset + 2, lengthBytes);
  const end = start + length;
  return end <= buffer.length ? { tag, contents: buffer.subarray(start, end), end } : undefined;
}

/** The contents of the element at an offset, if it bears this tag. */
export function readTagged(buffer: Buffer, offset: number, tag: number): Buffer | undefined {
  const element = readElement(buffer, offset);
  return element?.tag === tag ? element.contents : undefined;
}
