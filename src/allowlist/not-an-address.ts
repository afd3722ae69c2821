/** Mistakes that people make with addresses, each with its mend. The first that fits is told. */
const MISTAKES: readonly (readonly [looksLike: RegExp, mend: string])[] = [
  [/^$/, 'write an address on both sides'],
  [/%/, 'leave out the zone id'],
  [/^\[|^[\d.]+:\d+$/, 'leave out brackets and port'],
  [/[-\u2010-\u2015]/, 'a range has two addresses and a plain hyphen, and no prefix'],
  [/[\s,;]/, 'give each address its own entry'],
  [/\*/, 'write a CIDR such as 10.0.0.0/8'],
  [/^(?:\d+\.){3}\d+$/, 'four numbers from 0 to 255, without leading zeros'],
  [/^\d+(?:\.\d+){0,2}\.?$/, 'write all four numbers'],
  [/^[^:]*[g-z][^:]*$/i, 'names are not looked up'],
];

const ANY_OTHER_MISTAKE = 'write it as 203.0.113.7 or 2001:db8::7';

/** As much of a text as an error shows. */
const MAX_QUOTED = 60;

/** Why a text is no address, in a line that is safe to print. */
export function notAnAddress(text: string): { readonly problem: string } {
  const mistake = MISTAKES.find(([looksLike]) => looksLike.test(text));
  return { problem: `${quote(text)} is not an IPv4 or IPv6 address: ${mistake?.[1] ?? ANY_OTHER_MISTAKE}` };
}

/** The text in double quotes, cut short, everything but printable ASCII escaped: terminals and logs see it. */
export function quote(text: string): string {
  const start = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text;
  return JSON.stringify(start).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
