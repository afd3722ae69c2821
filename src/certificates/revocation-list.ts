import type { X509Certificate } from 'node:crypto';
import { EXPLICIT_0, readElement, readTagged, SEQUENCE } from '../scram/der.ts';
import { CertificateError } from './error.ts';

const BEGIN = '-----BEGIN X509 CRL-----';
const END = '-----END X509 CRL-----';
/** RFC 7468 §2: base64 never holds a `-`, so a block is found in one pass whatever the text. */
const BLOCK = /-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----/g;

/** Tags of X.680. */
const INTEGER = 0x02;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** What a certificate revocation list says of itself (RFC 5280 §5.1); its signature is checked where it is used. */
export interface RevocationList {
  readonly pem: string;
  /** DER of the issuer's name. */
  readonly issuer: Buffer;
  readonly thisUpdate: Date;
  /** When the next list is due; `undefined`: this one holds until it is replaced. */
  readonly nextUpdate: Date | undefined;
  /**
   * What it revokes, as `serialOf` names it, up to 100,000 in a large list.
   * @throws {CertificateError} where the list cannot be read to its end
   */
  readonly revoked: () => Iterable<string>;
}

/**
 * The lists of a PEM text, of which node itself would take the first alone.
 *
 * @throws {CertificateError} where there is none, one is cut short, or one is not a list
 */
export function parseRevocationLists(text: string): RevocationList[] {
  const blocks = text.match(BLOCK) ?? [];
  if (text.split(BEGIN).length - 1 > blocks.length) {
    throw new CertificateError('a revocation list in it is cut short: no END line');
  }
  if (blocks.length === 0) throw new CertificateError(`no revocation list in PEM form in it (${BEGIN})`);
  return blocks.map(parse);
}

/** DER of the name that a certificate's issues bear: RFC 5280 §4.1.2.6 wants it the same in its lists, byte by byte. */
export function subjectName({ raw }: X509Certificate): Buffer {
  const fields = new Fields(readTagged(readTagged(raw, 0, SEQUENCE) ?? raw, 0, SEQUENCE) ?? raw);
  fields.skip(EXPLICIT_0);
  for (const tag of [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE]) fields.take(tag); // serial number … validity
  return fields.take(SEQUENCE);
}

/** By what a list names a certificate: its issuer's name and its serial number. */
export function serialOf({ raw }: X509Certificate): string {
  const fields = new Fields(readTagged(readTagged(raw, 0, SEQUENCE) ?? raw, 0, SEQUENCE) ?? raw);
  fields.skip(EXPLICIT_0);
  const serial = fields.take(INTEGER);
  fields.take(SEQUENCE);
  return named(fields.take(SEQUENCE), serial);
}

/** Of DER, which spells a number in one way. */
function named(issuer: Buffer, serial: Buffer): string {
  return `${issuer.toString('latin1')}\0${serial.toString('latin1')}`;
}

/** CertificateList ::= { tbsCertList { version?, signature, issuer, thisUpdate, nextUpdate?, … }, … } */
function parse(pem: string): RevocationList {
  const der = Buffer.from(pem.slice(BEGIN.length, -END.length), 'base64');
  const list = readTagged(der, 0, SEQUENCE);
  const body = list === undefined ? undefined : readTagged(list, 0, SEQUENCE);
  if (body === undefined) throw notDer();
  const fields = new Fields(body);
  fields.skip(INTEGER);
  fields.take(SEQUENCE);
  const issuer = fields.take(SEQUENCE);
  const thisUpdate = fields.time();
  if (thisUpdate === undefined) throw notDer();
  const nextUpdate = fields.time();
  const entries = fields.skip(SEQUENCE) ?? Buffer.alloc(0);
  return { pem, issuer, thisUpdate, nextUpdate, revoked: () => revokedIn(entries, issuer) };
}

/** revokedCertificates ::= SEQUENCE OF SEQUENCE { userCertificate, revocationDate, … } */
function* revokedIn(entries: Buffer, issuer: Buffer): Generator<string> {
  const list = new Fields(entries);
  while (!list.atEnd) yield named(issuer, new Fields(list.take(SEQUENCE)).take(INTEGER));
}

function notDer(): CertificateError {
  return new CertificateError('damaged, or not written in DER');
}

/** Walks over the elements of a SEQUENCE. */
class Fields {
  readonly #contents: Buffer;
  #offset = 0;

  constructor(contents: Buffer) {
    this.#contents = contents;
  }

  get atEnd(): boolean {
    return this.#offset === this.#contents.length;
  }

  /** The contents of the next element, which is to bear this tag. */
  take(tag: number): Buffer {
    const contents = this.skip(tag);
    if (contents === undefined) throw notDer();
    return contents;
  }

  /** As `take`, of an element that may be missing. */
  skip(tag: number): Buffer | undefined {
    const element = readElement(this.#contents, this.#offset);
    if (element?.tag !== tag) return undefined;
    this.#offset = element.end;
    return element.contents;
  }

  time(): Date | undefined {
    const short = this.skip(UTC_TIME)?.toString('latin1');
    // RFC 5280 §5.1.2.4: two digits are 1950 to 2049.
    if (short !== undefined) return dateOf(`${Number(short.slice(0, 2)) < 50 ? '20' : '19'}${short}`);
    const long = this.skip(GENERALIZED_TIME)?.toString('latin1');
    return long === undefined ? undefined : dateOf(long);
  }
}

/** RFC 5280 §4.1.2.5: seconds always, Greenwich always. */
function dateOf(text: string): Date {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const date = new Date(iso);
  if (iso === text || Number.isNaN(date.getTime())) throw notDer();
  return date;
}
