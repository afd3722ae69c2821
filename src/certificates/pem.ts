import { X509Certificate } from 'node:crypto';
import { CertificateError, reasonOf } from './error.ts';

const BEGIN = '-----BEGIN CERTIFICATE-----';
/** RFC 7468 §2: base64 never holds a `-`, so a block is found in one pass whatever the text. */
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM text (RFC 7468), one string each, in the text's order: for a server its own
 * certificate first, then those that vouch for it. Other blocks (a key in the same file) are left out.
 *
 * @throws {CertificateError} where there is none, or one without its END line, as in a half-written file.
 */
export function splitCertificates(text: string): string[] {
  const blocks = text.match(BLOCK) ?? [];
  const begun = text.split(BEGIN).length - 1;
  if (begun > blocks.length) throw new CertificateError('a certificate in it is cut short: no END line');
  if (blocks.length === 0) throw new CertificateError(`no certificate in PEM form in it (${BEGIN})`);
  return blocks;
}

/** @throws {CertificateError} where the block is not an X.509 certificate. */
export function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new CertificateError(`not a readable X.509 certificate: ${reasonOf(error)}`, { cause: error });
  }
}
