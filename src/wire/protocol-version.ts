/** A protocol version as it stands in the startup packet: major in the high 16 bits, minor in the low ones. */
export interface ProtocolVersion {
  readonly major: number;
  readonly minor: number;
}

/** The newest minor version spoken here; the other one is 3.0, since 3.1 was never released. */
export const NEWEST_MINOR = 2;

/** Request codes sent in a version's place (PostgreSQL manual, 54.7). */
export const REQUEST_CODE = {
  cancel: 0x04d2_162e,
  ssl: 0x04d2_162f,
  gssEncryption: 0x04d2_1630,
} as const;

export function decodeVersion(code: number): ProtocolVersion {
  return { major: code >>> 16, minor: code & 0xffff };
}

export function encodeVersion({ major, minor }: ProtocolVersion): number {
  return ((major << 16) | minor) >>> 0;
}

/**
 * The version both sides speak when a client asks for `asked`: as PostgreSQL, the lower of the two. 3.1 was
 * reserved and never defined (PostgreSQL manual, 54.1.4), so who asks for it is spoken to in 3.0.
 */
export function negotiate(asked: ProtocolVersion): ProtocolVersion {
  return { major: 3, minor: asked.minor < NEWEST_MINOR ? 0 : NEWEST_MINOR };
}

/** Cancel keys longer than 4 bytes came with 3.2. */
export function hasLongCancelKeys(version: ProtocolVersion): boolean {
  return version.minor >= 2;
}
