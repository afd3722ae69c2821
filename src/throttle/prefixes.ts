import { type Address, formatAddress } from '../allowlist/address.ts';
import { networkOf } from '../allowlist/network.ts';

/**
 * What counts as one address. An IPv6 host picks its lower 64 bits as it likes (RFC 4291 2.5.1, RFC 8981), so
 * that to count single addresses would be to count nothing.
 */
const ADDRESS_PREFIX = { 4: 32, 6: 64 } as const;

/** What a site commonly has, 65,536 of those /64s (RFC 6177). IPv4 has nothing like it: a /24 has many owners. */
const NETWORK_PREFIX = 48;

/** The prefix that counts as one address: `203.0.113.7/32`, `2001:db8:0:7::/64`. */
export function addressPrefix(address: Address): string {
  return prefixText(address, ADDRESS_PREFIX[address.family]);
}

/** The site around an IPv6 address: `2001:db8::/48`. */
export function networkPrefix(address: Address): string | undefined {
  return address.family === 4 ? undefined : prefixText(address, NETWORK_PREFIX);
}

function prefixText(address: Address, bits: number): string {
  return `${formatAddress(networkOf(address, bits))}/${bits}`;
}
