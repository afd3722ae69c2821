import type { Address } from '../allowlist/address.ts';

/** 224.0.0.0: from here on multicast (RFC 5771), class E (RFC 1112, 4) and broadcast (RFC 919, 7). */
const FIRST_OCTET_BEHIND_UNICAST = 224;

/** ff00::/8 (RFC 4291, 2.7). */
const IPV6_MULTICAST_OCTET = 0xff;

/**
 * Whether a TCP connection can come from an address. A header that says otherwise was made by someone who
 * builds on programs reading it differently: a class-E source stood for an IPv6 address elsewhere and passed a
 * check of the client's address (Teleport #65089).
 */
export function canBeClient({ family, words }: Address): boolean {
  const [first, second, third, fourth] = words;
  if (family === 4) {
    const octet = fourth >>> 24;
    // 0.0.0.0/8 is "this network" (RFC 1122, 3.2.1.3).
    return octet !== 0 && octet < FIRST_OCTET_BEHIND_UNICAST;
  }
  // ::/96 is the unspecified address and IPv4 in its deprecated form (RFC 4291, 2.5.5.1), but for ::1.
  const inLowest96 = first === 0 && second === 0 && third === 0;
  return inLowest96 ? fourth === 1 : first >>> 24 !== IPV6_MULTICAST_OCTET;
}
