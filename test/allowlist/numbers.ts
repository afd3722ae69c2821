import fc from 'fast-check';
import { type Address, parseAddress } from '../../src/allowlist/address.ts';

export const BITS = { 4: 32n, 6: 128n } as const;

/** The address as its family counts it, worked out apart from src: there is no BigInt there. */
export function numberOf(address: Address): bigint {
  const whole = address.words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
  return address.family === 4 ? whole & 0xffffffffn : whole;
}

export function addressOf(family: 4 | 6, number: bigint): Address {
  const text = family === 4 ? dotted(number) : groups(number);
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is not an address`);
  return address;
}

/** Any address of a family. Small numbers come up often, so that ranges meet. */
export function anAddress(family: 4 | 6): fc.Arbitrary<Address> {
  const anywhere = fc.bigInt(0n, (1n << BITS[family]) - 1n);
  const crowded = fc.bigInt(0n, 63n);
  return fc
    .oneof(anywhere, crowded)
    .map((number) => addressOf(family, number))
    .filter((address) => address.family === family);
}

export const aFamily: fc.Arbitrary<4 | 6> = fc.constantFrom(4, 6);

function dotted(number: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 0xffn)).join('.');
}

function groups(number: bigint): string {
  const hex = number.toString(16).padStart(32, '0');
  return (hex.match(/.{4}/g) ?? []).join(':');
}
