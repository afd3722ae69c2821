import { ok } from 'node:assert/strict';
import { CertificateError } from '../../../src/certificates/error.ts';
import { inspectCertificate } from '../../../src/certificates/inspect.ts';

/** Printable, and of any length: a certificate may have many names. */
const ONE_LINE = /^[^\p{Cc}\p{Cf}]*$/u;

/** @returns what was made of it; undefined where it was called a bad certificate, and nothing worse. */
export function unlessBadCertificate<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    ok(ONE_LINE.test(error.message) && error.message.length < 300, `no line: ${JSON.stringify(error.message)}`);
    return undefined;
  }
}

/** Everything that a person is shown of a certificate is fit for a terminal. */
export function checkFacts(pem: string): void {
  const facts = unlessBadCertificate(() => inspectCertificate(pem));
  if (facts === undefined) return;
  const { subject, issuer, dnsNames, ipAddresses, keyType, signatureAlgorithm } = facts;
  for (const text of [subject, issuer, ...dnsNames, ...ipAddresses, keyType, signatureAlgorithm]) {
    ok(ONE_LINE.test(text), `not fit for a terminal: ${JSON.stringify(text)}`);
  }
}
