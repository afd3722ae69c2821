import { formatAddress, parseAddress } from '../allowlist/address.ts';
import { quoted } from './problem.ts';

export interface ListenAddress {
  /** An address without brackets, or a host name. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

const MAX_PORT = 65_535;
/** RFC 1123, 2.1, and underscores, which containers' names have. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;
/** Where the last label is a number, an address was meant (WHATWG URL, "ends in a number"). */
const ENDS_IN_NUMBER = /(^|\.)(\d+|0x[0-9a-f]*)\.?$/i;
const HOST_AND_PORT = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/;

/** Reads `host:port`; IPv6 in brackets, as in `[::]:6432`. */
export function parseListenAddress(text: string): ListenAddress | { readonly problem: string } {
  const [, inBrackets, plain, digits] = HOST_AND_PORT.exec(text) ?? [];
  const host = inBrackets ?? plain;
  const port = Number(digits);
  if (host === undefined || host === '' || port > MAX_PORT) {
    return { problem: `${quoted(text)} is not host:port: write 0.0.0.0:6432, or [::]:6432 with brackets` };
  }
  if (inBrackets === undefined ? isHost(host) : isIpv6(host)) return { host, port };
  return { problem: `${quoted(host)} is not an address or a host name: write it as in 127.0.0.1:${port}` };
}

/** Whether a text can be an upstream's or a listener's host: an address, or a name that DNS could hold. */
export function isHost(text: string): boolean {
  return parseAddress(text) !== undefined || (HOST_NAME.test(text) && !ENDS_IN_NUMBER.test(text));
}

/** Whether only this machine reaches the host. */
export function isLoopback(host: string): boolean {
  const address = parseAddress(host);
  if (address === undefined) return host.toLowerCase() === 'localhost';
  const canonical = formatAddress(address);
  return canonical === '::1' || (address.family === 4 && canonical.startsWith('127.'));
}

function isIpv6(text: string): boolean {
  return text.includes(':') && parseAddress(text) !== undefined;
}
