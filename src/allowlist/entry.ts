import { type Address, compareWords, formatAddress, MAX_ADDRESS_LENGTH, parseAddress } from './address.ts';
import { ADDRESS_BITS, lastOfNetwork, MAPPED_BITS, networkOf } from './network.ts';
import { notAnAddress, quote } from './not-an-address.ts';

/** Addresses of one family, both ends included; `first` is never behind `last`. */
export interface Range {
  readonly first: Address;
  readonly last: Address;
}

/** `problem` is one line of printable ASCII: what is wrong, and the mend. */
export type ParsedEntry = { readonly range: Range } | { readonly problem: string };

/** Two addresses, a hyphen, and room for white space around them. */
export const MAX_ENTRY_LENGTH = 2 * MAX_ADDRESS_LENGTH + 38;

/** Decimal without sign or leading zeros: `/08` and `/-1` are mistakes. */
const PREFIX = /^(?:0|[1-9]\d{0,2})$/;

/**
 * Reads an entry of an allowlist in its three notations: an address, a CIDR, a range `a-b`. White space around
 * each of their parts is ignored. Within an address it is a mistake: `10.0.0.1 2` must not become `10.0.0.12`.
 *
 * A CIDR with host bits set (`203.0.113.7/24`) is refused. Masking it, as pg_hba.conf and Neon do, would admit
 * 256 addresses where one is named; the message offers both readings.
 */
export function parseEntry(text: string): ParsedEntry {
  if (text.length > MAX_ENTRY_LENGTH) {
    return {
      problem: `an entry is over ${MAX_ENTRY_LENGTH} characters long: give each address its own entry`,
    };
  }
  const entry = text.trim();
  if (entry === '') return { problem: 'an entry is empty: write an address, a CIDR or a range a-b' };
  const slash = entry.indexOf('/');
  if (slash >= 0) return parseNetwork(entry.slice(0, slash).trim(), entry.slice(slash + 1).trim());
  const hyphen = entry.indexOf('-');
  if (hyphen >= 0) return parseSpan(entry.slice(0, hyphen).trim(), entry.slice(hyphen + 1).trim());
  const address = parseAddress(entry);
  return address === undefined ? notAnAddress(entry) : { range: { first: address, last: address } };
}

function parseNetwork(start: string, prefix: string): ParsedEntry {
  const address = parseAddress(start);
  if (address === undefined) return notAnAddress(start);
  // The notation decides what a prefix counts: `::ffff:10.0.0.0/104` is 10.0.0.0/8.
  const mapped = address.family === 4 && start.includes(':');
  const least = mapped ? MAPPED_BITS : 0;
  const most = ADDRESS_BITS[mapped ? 6 : address.family];
  if (!PREFIX.test(prefix) || Number(prefix) < least || Number(prefix) > most) {
    return { problem: `${quote(prefix)} is no prefix for ${start}: write a number from ${least} to ${most}` };
  }
  const bits = Number(prefix) - least;
  const first = networkOf(address, bits);
  if (compareWords(first.words, address.words) !== 0) return hostBitsSet(`${start}/${prefix}`, address, bits);
  return { range: { first, last: lastOfNetwork(address, bits) } };
}

function hostBitsSet(entry: string, address: Address, bits: number): ParsedEntry {
  const network = `${formatAddress(networkOf(address, bits))}/${bits}`;
  const alone = `${formatAddress(address)}/${ADDRESS_BITS[address.family]}`;
  return { problem: `${entry} has host bits set: write ${network} or ${alone}` };
}

function parseSpan(start: string, end: string): ParsedEntry {
  const first = parseAddress(start);
  if (first === undefined) return notAnAddress(start);
  const last = parseAddress(end);
  if (last === undefined) return notAnAddress(end);
  if (first.family !== last.family) {
    return { problem: `${start}-${end} mixes IPv4 and IPv6: write a range for each` };
  }
  if (compareWords(first.words, last.words) > 0) {
    return { problem: `${start}-${end} is reversed: write ${end}-${start}` };
  }
  return { range: { first, last } };
}
