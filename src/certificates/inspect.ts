import type { KeyObject, X509Certificate } from 'node:crypto';
import { endPointBinding } from '../scram/channel-binding.ts';
import { CertificateError, reasonOf } from './error.ts';
import { oneLine, subjectNames } from './names.ts';
import { parseCertificate } from './pem.ts';

/** What a person asks of a certificate. Names and subjects are fit for a terminal. */
export interface CertificateFacts {
  /** `CN=db.example.com, O=Example`. */
  readonly subject: string;
  readonly issuer: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** `RSA 2048`, `EC P-256`, `Ed25519`, … */
  readonly keyType: string;
  /** OpenSSL's name: `sha256WithRSAEncryption`, `ecdsa-with-SHA256`, `ED25519`. */
  readonly signatureAlgorithm: string;
  readonly selfSigned: boolean;
  /** Whether it may sign certificates (basicConstraints CA:TRUE). */
  readonly authority: boolean;
  readonly channelBinding: ChannelBindingFacts;
}

/** Whether `tls-server-end-point` (RFC 5929 §4.1) can be made of the certificate, and with which hash. */
export type ChannelBindingFacts =
  | { readonly works: true; readonly hash: string }
  | { readonly works: false; readonly why: string };

/** NIST's names for OpenSSL's; others are shown as they are. */
const CURVES = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
]);

/**
 * Reads the first certificate of a PEM text.
 *
 * @throws {CertificateError} where it is not one, or its public key is of a kind that the runtime cannot read.
 */
export function inspectCertificate(pem: string): CertificateFacts {
  const certificate = parseCertificate(pem);
  const names = subjectNames(certificate);
  const publicKey = publicKeyOf(certificate);
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    dnsNames: names.dns,
    ipAddresses: names.ip,
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    keyType: keyType(publicKey),
    signatureAlgorithm: signatureAlgorithm(certificate),
    selfSigned: certificate.checkIssued(certificate) && certificate.verify(publicKey),
    authority: certificate.ca,
    channelBinding: channelBinding(certificate),
  };
}

/** `RSA 2048`, `EC P-256`, `Ed25519`: kind and size as people name them. */
export function keyType(publicKey: KeyObject): string {
  const details = { ...publicKey.asymmetricKeyDetails };
  const kind = String(publicKey.asymmetricKeyType);
  if (kind === 'ec') return `EC ${CURVES.get(String(details.namedCurve)) ?? details.namedCurve}`;
  if (details.modulusLength !== undefined) return `${kind.toUpperCase()} ${details.modulusLength}`;
  return kind.startsWith('ed') ? `Ed${kind.slice(2)}` : kind.toUpperCase();
}

function channelBinding(certificate: X509Certificate): ChannelBindingFacts {
  const hash = endPointBinding(certificate.raw);
  if (hash !== undefined) return { works: true, hash: `sha${hash.length * 8}` };
  const algorithm = signatureAlgorithm(certificate);
  return { works: false, why: `a certificate signed with ${algorithm} has no binding hash (RFC 5929 §4.1)` };
}

function publicKeyOf(certificate: X509Certificate): KeyObject {
  try {
    return certificate.publicKey;
  } catch (error) {
    throw new CertificateError(`its public key cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function signatureAlgorithm(certificate: X509Certificate): string {
  return String(certificate.signatureAlgorithm ?? certificate.signatureAlgorithmOid);
}
