/** Castagnoli's polynomial, its bits reversed (RFC 9260, appendix A). */
const POLYNOMIAL = 0x82f63b78;

/**
 * CRC32c as SCTP and iSCSI compute it; zlib's crc32 has another polynomial. Bit by bit, as a header has some
 * hundred bytes.
 * @returns an unsigned 32-bit number.
 */
export function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (POLYNOMIAL & -(crc & 1));
  }
  return ~crc >>> 0;
}
