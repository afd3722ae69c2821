import { type Address, formatAddress, parseAddress } from '../allowlist/address.ts';
import { networkOf } from '../allowlist/network.ts';
import type { ConnectionFacts } from './events.ts';
import { FAILED_LOGIN } from './failed-login.ts';

/** How closely refusals are told apart; coarser levels as room gets short. */
export interface Level {
  /** Keys of this level may be made while the whole table has fewer. */
  readonly below: number;
  /** Bits of an IPv4 and of an IPv6 prefix; undefined: all addresses alike. */
  readonly bits: { readonly 4: number; readonly 6: number } | undefined;
  /** Whether failed logins are told apart by endpoint and role. */
  readonly named: boolean;
}

/**
 * One host has one IPv4 address, but a /64 of IPv6 (RFC 4291, 2.5.1). Above them what a provider hands out: /24 and
 * /16, /48 and /32.
 * @param keys how many keys a table has room for.
 */
export function levelsOf(keys: number): readonly Level[] {
  const part = (share: number): number => Math.floor(keys * share);
  return [
    { below: part(0.5), bits: { 4: 32, 6: 64 }, named: true },
    { below: part(0.9), bits: { 4: 32, 6: 64 }, named: false },
    { below: part(0.96), bits: { 4: 24, 6: 48 }, named: false },
    { below: part(0.98), bits: { 4: 16, 6: 32 }, named: false },
    { below: keys - 1, bits: undefined, named: false },
  ];
}

/** What addresses are called that are told apart no more. */
export const OTHERS = 'others';

/** Works out a connection's keys, from the closest to the coarsest, only as far as they are asked for. */
export class RefusalKeys {
  readonly #connection: ConnectionFacts;
  #address: Address | undefined;

  constructor(connection: ConnectionFacts) {
    this.#connection = connection;
  }

  /** What refusals have in common that are told as one, and the prefix they come from. NUL is in none of the parts. */
  at({ bits, named }: Level): { readonly key: string; readonly prefix: string } {
    const { reason = '', endpoint = '', role = '' } = this.#connection;
    const prefix = bits === undefined ? OTHERS : this.#prefix(bits);
    const common = `${prefix}\0${reason}`;
    return { prefix, key: named && reason === FAILED_LOGIN ? `${common}\0${endpoint}\0${role}` : common };
  }

  #prefix(bits: { readonly 4: number; readonly 6: number }): string {
    const { address: text } = this.#connection;
    // The commonest case, and exact: an IPv4 address as formatAddress writes it.
    if (bits[4] === 32 && !text.includes(':')) return `${text}/32`;
    this.#address ??= parseAddress(text);
    if (this.#address === undefined) return OTHERS;
    const length = bits[this.#address.family];
    return `${formatAddress(networkOf(this.#address, length))}/${length}`;
  }
}
