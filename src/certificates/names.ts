import type { X509Certificate } from 'node:crypto';
import { domainToASCII } from 'node:url';
import { CertificateError } from './error.ts';
import { hostPattern } from './match.ts';

/** What a certificate covers: its subjectAltName (RFC 5280 §4.2.1.6). The common name covers nothing. */
export interface SubjectNames {
  readonly dns: readonly string[];
  /** As RFC 5952 writes them. */
  readonly ip: readonly string[];
}

/**
 * One entry of node's `subjectAltName` text, `DNS:db.example.com, IP Address:0:0:0:0:0:0:0:1`, in which a
 * value that could be taken for two is a JSON string.
 */
const ENTRY = /([^:,"]+):((?:"(?:[^"\\]|\\.)*"|[^",])*)(?:, |$)/g;

/** The names in a certificate, in its order; characters that a terminal would obey are escaped. */
export function subjectNames(certificate: X509Certificate): SubjectNames {
  return {
    dns: alternativeNames(certificate, 'DNS').map(printable),
    ip: alternativeNames(certificate, 'IP Address').map((text) => canonicalAddress(text) ?? printable(text)),
  };
}

/** A certificate's alternative names of one kind, in its order, letter by letter as they stand in it. */
export function alternativeNames(
  { subjectAltName }: X509Certificate,
  kind: 'DNS' | 'IP Address' | 'email' | 'URI',
): string[] {
  return [...(subjectAltName ?? '').matchAll(ENTRY)]
    .filter((entry) => entry[1] === kind)
    .map((entry) => unquote(String(entry[2])));
}

/**
 * Sorts host names, `*.` patterns and IP addresses, as a person writes them, into the names of a certificate.
 * U-labels become A-labels (RFC 5890); doubles fall out.
 *
 * @throws {CertificateError} where one is neither, or there is none.
 */
export function parseNames(texts: readonly string[]): SubjectNames {
  if (texts.length === 0) throw new CertificateError('a server certificate needs at least one name');
  const dns = new Set<string>();
  const ip = new Set<string>();
  for (const text of texts) {
    const address = canonicalAddress(text);
    if (address === undefined) dns.add(parseHost(text));
    else ip.add(address);
  }
  return { dns: [...dns], ip: [...ip] };
}

/** Whether two certificates cover the same, in whatever order. */
export function sameNames(a: SubjectNames, b: SubjectNames): boolean {
  return key(a) === key(b);
}

/** Text from a certificate on its way to a terminal or a log: controls and text direction become `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

/**
 * A certificate's subject or issuer in one line for a terminal or a log. Node writes one attribute a line and
 * escapes controls below 0x80 itself. For a name without attributes, which certificates by SAN alone have as their
 * subject (RFC 5280 §4.1.2.6), it gives undefined, whatever its types say.
 */
export function oneLine(name: string | undefined): string {
  return printable((name ?? '').replaceAll('\n', ', '));
}

function parseHost(text: string): string {
  const pattern = hostPattern(/\P{ASCII}/u.test(text) ? domainToASCII(text) : text);
  if (pattern === undefined) {
    throw new CertificateError(`"${printable(text)}" is neither a host name nor an IP address`);
  }
  return pattern;
}

/**
 * By way of the URL standard's parser, which is pure and compresses IPv6 as RFC 5952 does; it also takes
 * `127.1`, hence the comparison. Zone ids it refuses, and a certificate cannot hold one.
 */
function canonicalAddress(text: string): string | undefined {
  if (/^[0-9a-f.]*:[0-9a-f:.]*$/i.test(text)) return URL.parse(`http://[${text}]`)?.hostname.slice(1, -1);
  return /^[0-9.]+$/.test(text) && URL.parse(`http://${text}`)?.hostname === text ? text : undefined;
}

function unquote(value: string): string {
  return value.startsWith('"') ? String(JSON.parse(value)) : value;
}

function key(names: SubjectNames): string {
  return JSON.stringify([names.dns.map((name) => name.toLowerCase()).sort(), [...names.ip].sort()]);
}
