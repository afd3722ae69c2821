import { formatAddress, parseAddress } from '../allowlist/address.ts';
import { MAX_NAME_BYTES } from '../wire/limits.ts';
import type { UpstreamTarget } from './model.ts';

/**
 * Lower case for names that are compared as DNS compares them: ASCII letters only (RFC 4343). Unicode's rules
 * would make other names alike, `K` (U+212A, the Kelvin sign) and `k` among them.
 */
export function foldCase(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * One text for all spellings of a cluster's address: host names in lower case without the root's dot, addresses
 * in canonical form, socket folders without a slash at their end. Two host names of one machine stay two
 * clusters, as only DNS could tell.
 */
export function clusterKey(upstream: Pick<UpstreamTarget, 'host' | 'port'>): string {
  return `${hostKey(upstream.host)}:${upstream.port}`;
}

/**
 * The database that PostgreSQL opens for a name: it cuts names to NAMEDATALEN - 1 bytes before it looks
 * (ProcessStartupPacket). Whole characters are kept here, as a client's own name is valid UTF-8.
 */
export function databaseOpenedFor(name: string): string {
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(MAX_NAME_BYTES));
  return name.slice(0, read);
}

function hostKey(host: string): string {
  if (host.startsWith('/')) return host.endsWith('/') ? host.slice(0, -1) : host;
  const address = parseAddress(host);
  return address === undefined ? foldCase(host).replace(/\.$/, '') : formatAddress(address);
}
