import type { Address, Words } from '../allowlist/address.ts';

/** The third word of `::ffff:0:0/96`, in which `Address` keeps IPv4. */
const MAPPED_MARK = 0xffff;

/**
 * Reads 4 or 16 bytes in network order. A mapped IPv4 address (`::ffff:a.b.c.d`) is the IPv4 address, so that
 * no allowlist can be passed by writing one as the other.
 */
export function addressAt(bytes: Buffer, at: number, family: 4 | 6): Address {
  if (family === 4) return { family: 4, words: [0, 0, MAPPED_MARK, bytes.readUInt32BE(at)] };
  const words: Words = [
    bytes.readUInt32BE(at),
    bytes.readUInt32BE(at + 4),
    bytes.readUInt32BE(at + 8),
    bytes.readUInt32BE(at + 12),
  ];
  return { family: isMapped(words) ? 4 : 6, words };
}

/** @param family 6 writes an IPv4 address in its mapped form. */
export function addressBytes(address: Address, family: 4 | 6): Buffer {
  const words = family === 4 ? address.words.slice(-1) : address.words;
  return Buffer.concat(words.map(bytesOf));
}

function bytesOf(word: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(word);
  return bytes;
}

function isMapped([first, second, third]: Words): boolean {
  return first === 0 && second === 0 && third === MAPPED_MARK;
}
