import { equal } from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { endPointBinding } from '../../../src/scram/channel-binding.ts';
import type { Target } from '../target.ts';
import { checkFacts } from './certificates.ts';

/** Bytes of the hash by the signature's object identifier, as OpenSSL prints it (RFC 5929, 4.1). */
const HASH_BYTES: Readonly<Record<string, number>> = {
  '1.2.840.113549.1.1.4': 32,
  '1.2.840.113549.1.1.5': 32,
  '1.2.840.113549.1.1.11': 32,
  '1.2.840.113549.1.1.12': 48,
  '1.2.840.113549.1.1.13': 64,
  '1.2.840.113549.1.1.14': 28,
  '1.2.840.10045.4.1': 32,
  '1.2.840.10045.4.3.1': 28,
  '1.2.840.10045.4.3.2': 32,
  '1.2.840.10045.4.3.3': 48,
  '1.2.840.10045.4.3.4': 64,
};

/** Its hash is in the parameters, which OpenSSL keeps to itself. */
const RSA_PSS = '1.2.840.113549.1.1.10';

/** A certificate in DER, for channel binding and for `certs inspect`. */
export const certificate: Target = {
  maxLength: 4000,
  floorMs: 200,
  run(input) {
    const binding = endPointBinding(input);
    const read = readByOpenssl(input);
    if (read === undefined) return;
    const oid = String(read.signatureAlgorithmOid);
    if (oid !== RSA_PSS) equal(binding?.length, HASH_BYTES[oid], `the binding of ${oid}`);
    checkFacts(read.toString());
  },
};

/** undefined where OpenSSL does not take these very bytes for a certificate. */
function readByOpenssl(der: Buffer): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der);
    return certificate.raw.equals(der) ? certificate : undefined;
  } catch {
    return undefined;
  }
}
