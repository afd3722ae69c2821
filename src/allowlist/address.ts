/** 128 bits as four unsigned 32-bit words, the most significant first: comparing them allocates nothing. */
export type Words = readonly [number, number, number, number];

/**
 * An IPv4 or IPv6 address. IPv4 is kept in its mapped form (`::ffff:a.b.c.d`, RFC 4291 2.5.5.2), so that both
 * families share their arithmetic; `family` keeps them apart. No client's address is both 6 and mapped: only
 * the edge of a wide IPv6 range may be (the last address of `::/80`).
 */
export interface Address {
  readonly family: 4 | 6;
  readonly words: Words;
}

/** INET6_ADDRSTRLEN of POSIX <netinet/in.h> less its NUL: nothing longer can be an address. */
export const MAX_ADDRESS_LENGTH = 45;

/** The third word of `::ffff:0:0/96`. */
const MAPPED_MARK = 0xffff;

const GROUPS = 8;
const GROUP = /^[0-9a-f]{1,4}$/i;

/** No leading zeros: some programs read `010` as 8, others as 10 (CVE-2021-28918, CVE-2021-29921). */
const OCTET = /^(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/;

/**
 * Reads an address as it is written alone: no zone id, no port, no brackets, no white space.
 * `::ffff:a.b.c.d`, also in hexadecimal, is the IPv4 address.
 * @returns undefined for anything else.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > MAX_ADDRESS_LENGTH) return undefined;
  return text.includes(':') ? parseGroups(text) : parseDotted(text);
}

/** The canonical text: dotted decimal, or RFC 5952 (lower case, the longest run of zeros as `::`). */
export function formatAddress(address: Address): string {
  const [first, second, third, fourth] = address.words;
  if (address.family === 4) return octetsOf(fourth).join('.');
  const groups = [first, second, third, fourth].flatMap((word) => [word >>> 16, word & 0xffff]);
  return shortenZeros(groups.map((group) => group.toString(16)).join(':'));
}

/** Below zero, zero or above zero, as `left` is before, the same as or behind `right`. Families are not looked at. */
export function compareWords(left: Words, right: Words): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2] || left[3] - right[3];
}

function parseDotted(text: string): Address | undefined {
  const word = parseOctets(text);
  return word === undefined ? undefined : { family: 4, words: [0, 0, MAPPED_MARK, word] };
}

function parseOctets(text: string): number | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet))) return undefined;
  return octets.reduce((word, octet) => word * 256 + Number(octet), 0);
}

function parseGroups(text: string): Address | undefined {
  const plain = withoutDots(text);
  if (plain === undefined) return undefined;
  const gap = plain.indexOf('::');
  const head = groupsOf(gap < 0 ? plain : plain.slice(0, gap));
  const tail = gap < 0 ? [] : groupsOf(plain.slice(gap + 2));
  const groups = gap < 0 ? head : [...head, ...zeros(GROUPS - head.length - tail.length), ...tail];
  if (groups.length !== GROUPS || !groups.every((group) => GROUP.test(group))) return undefined;
  const hex = groups.map((group) => group.padStart(4, '0')).join('');
  const words: Words = [wordAt(hex, 0), wordAt(hex, 1), wordAt(hex, 2), wordAt(hex, 3)];
  return { family: isMapped(words) ? 4 : 6, words };
}

/** The last 32 bits may be written as IPv4 (RFC 4291 2.2.3): they become two groups like the others. */
function withoutDots(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const start = text.lastIndexOf(':') + 1;
  const word = parseOctets(text.slice(start));
  if (word === undefined) return undefined;
  return `${text.slice(0, start)}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
}

function groupsOf(half: string): string[] {
  return half === '' ? [] : half.split(':');
}

/** `::` stands for one group or more (RFC 4291 2.2.2): none at all would be a second spelling of eight groups. */
function zeros(count: number): string[] {
  return count < 1 ? [''] : Array.from({ length: count }, () => '0');
}

function wordAt(hex: string, index: number): number {
  return Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16);
}

function isMapped(words: Words): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === MAPPED_MARK;
}

function octetsOf(word: number): number[] {
  return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff];
}

/** RFC 5952 4.2: the longest run of at least two zero groups becomes `::`, the first one of equals. */
function shortenZeros(text: string): string {
  let longest = { at: 0, length: '0'.length };
  for (const run of text.matchAll(/\b0(?::0)+\b/g)) {
    if (run[0].length > longest.length) longest = { at: run.index, length: run[0].length };
  }
  if (longest.length === 1) return text;
  const before = text.slice(0, longest.at).replace(/:$/, '');
  const after = text.slice(longest.at + longest.length).replace(/^:/, '');
  return `${before}::${after}`;
}
