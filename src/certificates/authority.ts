import { createPublicKey } from 'node:crypto';
import forge from 'node-forge';
import { CertificateError } from './error.ts';
import { DAY_MS, MAX_SERVER_DAYS, type Validity } from './lifetimes.ts';
import type { SubjectNames } from './names.ts';

/** RFC 5280 §4.1.2.2 allows 20 octets; 16 random ones never meet twice. */
export const SERIAL_BYTES = 16;
/** RFC 5280 appendix A, ub-common-name. */
const MAX_COMMON_NAME = 64;

export interface AuthorityRequest extends Validity {
  readonly commonName: string;
  /** SERIAL_BYTES random bytes. */
  readonly serial: Buffer;
  /** RSA, PKCS #8 or PKCS #1 in PEM form. */
  readonly privateKeyPem: string;
}

export interface ServerCertificateRequest extends Validity {
  readonly authority: { readonly certificatePem: string; readonly privateKeyPem: string };
  readonly names: SubjectNames;
  /** SERIAL_BYTES random bytes. */
  readonly serial: Buffer;
  /** RSA, as SubjectPublicKeyInfo in PEM form. */
  readonly publicKeyPem: string;
}

/**
 * A certificate authority for one gateway, in PEM form: self-signed with SHA-256, may sign server
 * certificates but no further authorities (path length 0).
 */
export function makeAuthority(request: AuthorityRequest): string {
  const privateKey = forge.pki.privateKeyFromPem(request.privateKeyPem);
  const publicKey = createPublicKey(request.privateKeyPem).export({ type: 'spki', format: 'pem' });
  const certificate = blank(request, request.serial);
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey.toString());
  const name = commonName(request.commonName);
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  return sign(certificate, privateKey);
}

/**
 * A server certificate for the names, in PEM form, signed by the authority with SHA-256.
 *
 * @throws {CertificateError} where it would outlive MAX_SERVER_DAYS or its authority, covers nothing, or the
 * authority is not an RSA one (node-forge signs with no other).
 */
export function issueServerCertificate(request: ServerCertificateRequest): string {
  const authority = readAuthority(request.authority.certificatePem);
  checkValidity(request, authority.validity.notAfter);
  const certificate = blank(request, request.serial);
  certificate.publicKey = forge.pki.publicKeyFromPem(request.publicKeyPem);
  certificate.setSubject(commonName(title(request.names)));
  certificate.setIssuer(authority.subject.attributes.map(reEncodable));
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    // Every suite we offer has an ephemeral key exchange: the key signs, and enciphers nothing.
    { name: 'keyUsage', critical: true, digitalSignature: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: authority.generateSubjectKeyIdentifier().getBytes() },
    { name: 'subjectAltName', altNames: alternativeNames(request.names) },
  ]);
  return sign(certificate, forge.pki.privateKeyFromPem(request.authority.privateKeyPem));
}

function readAuthority(pem: string): forge.pki.Certificate {
  try {
    return forge.pki.certificateFromPem(pem);
  } catch (error) {
    throw new CertificateError('the authority is not one with an RSA key', { cause: error });
  }
}

function checkValidity({ notBefore, notAfter }: Validity, authorityEnds: Date): void {
  // RFC 5280 §4.1.2.5: both ends belong to the period, which makes it a second longer than their difference.
  if (notAfter.getTime() - notBefore.getTime() + 1000 > MAX_SERVER_DAYS * DAY_MS) {
    throw new CertificateError(`a server certificate lasts at most ${MAX_SERVER_DAYS} days`);
  }
  if (notAfter > authorityEnds)
    throw new CertificateError('a server certificate cannot outlive its authority');
}

/** The common name is for people's eyes alone: clients look at subjectAltName. */
function title(names: SubjectNames): string {
  const first = [...names.dns, ...names.ip].at(0);
  if (first === undefined) throw new CertificateError('a server certificate needs at least one name');
  return first.length <= MAX_COMMON_NAME ? first : 'Portcullis';
}

function alternativeNames(names: SubjectNames): { type: number; value?: string; ip?: string }[] {
  const GENERAL_NAME = { dns: 2, ip: 7 }; // The tags of RFC 5280 §4.2.1.6.
  return [
    ...names.dns.map((value) => ({ type: GENERAL_NAME.dns, value })),
    ...names.ip.map((ip) => ({ type: GENERAL_NAME.ip, ip })),
  ];
}

function blank({ notBefore, notAfter }: Validity, serial: Buffer): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.serialNumber = positive(serial).toString('hex');
  certificate.validity.notBefore = notBefore;
  certificate.validity.notAfter = notAfter;
  return certificate;
}

/** RFC 5280 §4.1.2.2 and DER: a positive integer in its shortest form, so the first byte is 0x40 to 0x7f. */
function positive(serial: Buffer): Buffer {
  if (serial.length !== SERIAL_BYTES) throw new CertificateError(`a serial number has ${SERIAL_BYTES} bytes`);
  const bytes = Buffer.from(serial);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes;
}

/** UTF8String: a PrintableString holds neither `*` nor `_`. */
function commonName(value: string): forge.pki.CertificateField[] {
  const attribute = { name: 'commonName', value, valueTagClass: forge.asn1.Type.UTF8 };
  return [attribute as unknown as forge.pki.CertificateField];
}

/** node-forge reads a UTF8String as its bytes, but writes it from text: twice encoded, it would name another. */
function reEncodable(attribute: forge.pki.CertificateField): forge.pki.CertificateField {
  const isUtf8 = Number(attribute.valueTagClass) === forge.asn1.Type.UTF8;
  return isUtf8 ? { ...attribute, value: forge.util.decodeUtf8(String(attribute.value)) } : attribute;
}

function sign(certificate: forge.pki.Certificate, privateKey: forge.pki.rsa.PrivateKey): string {
  certificate.sign(privateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}
