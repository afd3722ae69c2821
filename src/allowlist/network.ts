import type { Address, Words } from './address.ts';

/** Bits before an IPv4 address in its mapped form, which is how `Address` keeps it. */
export const MAPPED_BITS = 96;

/** Bits of an address as its family counts them. */
export const ADDRESS_BITS = { 4: 32, 6: 128 } as const;

const WORD_BITS = 32;
const FULL_WORD = 0xffffffff;

/**
 * The first address of the network that an address lies in.
 * @param prefix as the address's own family counts it: 0 to 32, or 0 to 128.
 */
export function networkOf(address: Address, prefix: number): Address {
  const mask = masksOf(address, prefix);
  return {
    family: address.family,
    words: pairwise(address.words, mask, (word, bits) => (word & bits) >>> 0),
  };
}

/** The last address of that network. */
export function lastOfNetwork(address: Address, prefix: number): Address {
  const mask = masksOf(address, prefix);
  return {
    family: address.family,
    words: pairwise(address.words, mask, (word, bits) => (word | ~bits) >>> 0),
  };
}

function masksOf(address: Address, prefix: number): Words {
  const bits = address.family === 4 ? prefix + MAPPED_BITS : prefix;
  return [maskOf(bits), maskOf(bits - WORD_BITS), maskOf(bits - 2 * WORD_BITS), maskOf(bits - 3 * WORD_BITS)];
}

/** The mask of one word. Its empty case is apart, as JavaScript shifts by 32 like by 0. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= WORD_BITS ? FULL_WORD : (FULL_WORD << (WORD_BITS - bits)) >>> 0;
}

function pairwise(left: Words, right: Words, combine: (left: number, right: number) => number): Words {
  return [
    combine(left[0], right[0]),
    combine(left[1], right[1]),
    combine(left[2], right[2]),
    combine(left[3], right[3]),
  ];
}
