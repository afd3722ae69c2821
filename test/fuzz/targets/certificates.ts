// Before toLegacyObject has its first call: that loads tls from the middle, and leaves node 24's without
// createSecureContext for the rest of the process.
import 'node:tls';
import { equal, ok } from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { faultOf } from '../../../src/certificates/client-fault.ts';
import { clientNames } from '../../../src/certificates/client-names.ts';
import { CertificateError } from '../../../src/certificates/error.ts';
import { inspectCertificate } from '../../../src/certificates/inspect.ts';
import { CA_PEM } from '../../config/a-config.ts';

const authority = new X509Certificate(CA_PEM);

/** Printable, and of any length: a certificate may have many names. */
const ONE_LINE = /^[^\p{Cc}\p{Cf}]*$/u;

/** @returns what was made of it; undefined where it was called a bad certificate, and nothing worse. */
export function unlessBadCertificate<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    ok(
      ONE_LINE.test(error.message) && error.message.length < 300,
      `no line: ${JSON.stringify(error.message)}`,
    );
    return undefined;
  }
}

/** Everything that a person is shown of a certificate is fit for a terminal; a client may have shown it to us. */
export function checkFacts(pem: string): void {
  const certificate = new X509Certificate(pem);
  const { commonName = '', sans } = clientNames(certificate);
  for (const name of [commonName, ...sans.dns, ...sans.email, ...sans.uri]) equal(typeof name, 'string');
  ok(faultOf('CERT_HAS_EXPIRED', certificate, [authority]) !== undefined);
  const facts = unlessBadCertificate(() => inspectCertificate(pem));
  if (facts === undefined) return;
  const { subject, issuer, dnsNames, ipAddresses, keyType, signatureAlgorithm } = facts;
  for (const text of [subject, issuer, ...dnsNames, ...ipAddresses, keyType, signatureAlgorithm]) {
    ok(ONE_LINE.test(text), `not fit for a terminal: ${JSON.stringify(text)}`);
  }
}
