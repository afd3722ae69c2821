import fc from 'fast-check';

/**
 * What several rooms' tests let fast-check invent: bytes, streams cut anywhere, valid messages gone wrong.
 * Everything is a Buffer of its own, so that no test sees another's bytes behind its own.
 */

/** Any bytes at all. */
export function anyBytes(maxLength = 300): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
}

/** Bytes dense in what parsers stumble on: NULs, small counts, the corners of Int32, letters. */
export function hostileBytes(maxLength = 300): fc.Arbitrary<Buffer> {
  const piece = fc.oneof(
    fc.constantFrom(Buffer.of(0), Buffer.of(0, 0), Buffer.of(0, 0, 0, 1), Buffer.of(0, 0, 0, 4)),
    fc.constantFrom(
      Buffer.of(0xff, 0xff, 0xff, 0xff),
      Buffer.of(0x7f, 0xff, 0xff, 0xff),
      Buffer.of(0x80, 0, 0, 0),
    ),
    fc.constantFrom('user\0', 'SFATAL\0', 'SCRAM-SHA-256\0', 'p', 'R', 'E').map((text) => Buffer.from(text)),
    anyBytes(8),
  );
  return fc
    .array(piece, { maxLength: Math.ceil(maxLength / 4) })
    .map((pieces) => Buffer.concat(pieces).subarray(0, maxLength));
}

/** Text that a String of the protocol can hold: any code points, no NUL. */
export function wireText(maxLength = 40): fc.Arbitrary<string> {
  return fc.string({ unit: 'binary', maxLength }).map((text) => text.replaceAll('\0', ''));
}

/** Text of printable ASCII, as names and mechanisms are. */
export function asciiName(maxLength = 20): fc.Arbitrary<string> {
  return fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength });
}

/**
 * A stream as TCP may bring it: the bytes themselves, cut at arbitrary places.
 * @returns chunks which, put together, are the bytes; some may be empty.
 */
export function chunksOf(bytes: Buffer): fc.Arbitrary<Buffer[]> {
  return fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 }).map((cuts) => cutAt(bytes, cuts));
}

/** The bytes cut at these offsets, in whatever order they are given. */
export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts, bytes.length].sort((a, b) => a - b);
  let start = 0;
  return ends.map((end) => {
    const chunk = bytes.subarray(start, end);
    start = end;
    return chunk;
  });
}

/** A valid message with one to four things done to it: cut short, a byte changed, bytes put in or taken out. */
export function mutationsOf(seeds: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const change = fc.record({
    kind: fc.constantFrom('cut', 'set', 'insert', 'remove'),
    place: fc.nat({ max: 10_000 }),
    bytes: hostileBytes(8),
  });
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([seed, changes]) =>
      changes.reduce((bytes, { kind, place, bytes: put }) => {
        const at = place % (bytes.length + 1);
        const before = bytes.subarray(0, at);
        if (kind === 'cut') return before;
        if (kind === 'insert') return Buffer.concat([before, put, bytes.subarray(at)]);
        if (kind === 'set') return Buffer.concat([before, put, bytes.subarray(at + put.length)]);
        return Buffer.concat([before, bytes.subarray(at + put.length)]);
      }, seed),
    );
}
