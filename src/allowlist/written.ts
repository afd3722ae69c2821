import IPCIDR from 'ip-cidr';
import { compareWords, formatAddress, parseAddress } from './address.ts';
import { parseEntry, type Range } from './entry.ts';
import { quote } from './not-an-address.ts';

/** Reads a CIDR some other way than we do. Returns its first and last address, or undefined where it is none. */
export type CidrReader = (cidr: string) => readonly [first: string, last: string] | undefined;

/**
 * Checks an entry as a person writes it, before it is kept. A CIDR is read twice, by our parser and by ip-cidr,
 * and both must see the same addresses: an allowlist that two programs read differently is a hole in one of them.
 * @returns the problems, one line each; none where the entry is good.
 */
export function checkWritten(text: string, readCidr: CidrReader = byIpCidr): string[] {
  const parsed = parseEntry(text);
  if ('problem' in parsed) return [parsed.problem];
  const slash = text.indexOf('/');
  if (slash < 0) return [];
  const start = spelledForIpCidr(text.slice(0, slash).trim(), parsed.range);
  const read = readCidr(`${start}/${text.slice(slash + 1).trim()}`);
  if (read !== undefined && isSame(read, parsed.range)) return [];
  return [`${quote(text.trim())} can be read in two ways: write it as a range a-b`];
}

/** ip-cidr's reading, as a CidrReader. */
export function byIpCidr(cidr: string): readonly [first: string, last: string] | undefined {
  try {
    // It throws exactly where its `isValidCIDR`, which reads the text once more, says no.
    const [first, last] = new IPCIDR(cidr).toRange<string>();
    return [first, last];
  } catch {
    return undefined;
  }
}

/** ip-cidr 4.0.2 takes IPv4 within IPv6 (`64:ff9b::10.0.0.0/104`) for a bare IPv4 address: give it groups only. */
function spelledForIpCidr(start: string, range: Range): string {
  if (!start.includes(':') || !start.includes('.')) return start;
  return formatAddress({ family: 6, words: range.first.words });
}

/** Words alone are compared, since an edge of a wide IPv6 network may read as a mapped address. */
function isSame(read: readonly [first: string, last: string], range: Range): boolean {
  const [first, last] = read.map(parseAddress);
  if (first === undefined || last === undefined) return false;
  return (
    compareWords(first.words, range.first.words) === 0 && compareWords(last.words, range.last.words) === 0
  );
}
