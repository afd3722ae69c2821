/** RFC 1035 §2.3.4: 255 octets on the wire are 253 characters in text. */
const MAX_NAME = 253;
/**
 * Letters, digits, hyphens (RFC 1123 §2.1), at most 63 a label, A-labels (`xn--…`, RFC 5890) among them; and
 * underscores, which containers have in their names. No `u` flag: it would fold U+212A into `k`.
 */
const LABELS = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;
/** A last label of digits alone is an IPv4 address, or part of one, never a host (RFC 1123 §2.1). */
const NUMERIC_END = /(?:^|\.)[0-9]+$/;

/**
 * A host name as it is compared: lower case. `undefined` for what is none: an IP literal, which SNI does not
 * carry (RFC 6066 §3), a name over-long, empty, with NUL, white space, a U-label or a dot at its end.
 */
export function hostName(text: string): string | undefined {
  if (text.length > MAX_NAME || !LABELS.test(text) || NUMERIC_END.test(text)) return undefined;
  return text.toLowerCase();
}

/**
 * A certificate's DNS name as it is compared: a host name, or `*.` before one. RFC 9525 §6.3: the `*` is the
 * whole left-most label, never a part of it (`db*.example.com`) and never another label.
 */
export function hostPattern(text: string): string | undefined {
  if (!text.startsWith('*.')) return hostName(text);
  const parent = hostName(text.slice(2));
  return parent === undefined ? undefined : `*.${parent}`;
}

/** The one pattern that covers this name besides the name itself. A host of one label has none. */
export function wildcardOver(name: string): string | undefined {
  const dot = name.indexOf('.');
  return dot < 0 ? undefined : `*${name.slice(dot)}`;
}

/** Whether a DNS name of a certificate covers the name that a client asked for by SNI (RFC 9525 §6.3). */
export function matchesName(pattern: string, servername: string): boolean {
  const name = hostName(servername);
  const covered = hostPattern(pattern);
  if (name === undefined || covered === undefined) return false;
  return covered === name || covered === wildcardOver(name);
}
