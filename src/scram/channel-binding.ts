import { createHash } from 'node:crypto';
import { EXPLICIT_0, OBJECT_IDENTIFIER, readElement, readTagged, SEQUENCE } from './der.ts';

/** An AlgorithmIdentifier (RFC 5280, 4.1.1.2), taken apart. */
interface Algorithm {
  /** The object identifier's DER contents in hexadecimal. */
  readonly oid: string;
  /** What follows the object identifier; empty where nothing does. */
  readonly parameters: Buffer;
}

/** node:crypto's name for the hash of a signature algorithm; MD5 and SHA-1 are replaced (RFC 5929, 4.1). */
const SIGNATURE_HASHES: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d010104', 'sha256'], // 1.2.840.113549.1.1.4   md5WithRSAEncryption
  ['2a864886f70d010105', 'sha256'], // 1.2.840.113549.1.1.5   sha1WithRSAEncryption
  ['2a864886f70d01010b', 'sha256'], // 1.2.840.113549.1.1.11  sha256WithRSAEncryption
  ['2a864886f70d01010c', 'sha384'], // 1.2.840.113549.1.1.12  sha384WithRSAEncryption
  ['2a864886f70d01010d', 'sha512'], // 1.2.840.113549.1.1.13  sha512WithRSAEncryption
  ['2a864886f70d01010e', 'sha224'], // 1.2.840.113549.1.1.14  sha224WithRSAEncryption
  ['2a8648ce3d0401', 'sha256'], //     1.2.840.10045.4.1      ecdsa-with-SHA1
  ['2a8648ce3d040301', 'sha224'], //   1.2.840.10045.4.3.1    ecdsa-with-SHA224
  ['2a8648ce3d040302', 'sha256'], //   1.2.840.10045.4.3.2    ecdsa-with-SHA256
  ['2a8648ce3d040303', 'sha384'], //   1.2.840.10045.4.3.3    ecdsa-with-SHA384
  ['2a8648ce3d040304', 'sha512'], //   1.2.840.10045.4.3.4    ecdsa-with-SHA512
]);

/** 1.2.840.113549.1.1.10 id-RSASSA-PSS, whose parameters name the hash (RFC 4055, section 3.1). */
const RSA_PSS = '2a864886f70d01010a';

/** Where RSASSA-PSS-params leave the hash out it is SHA-1, which RFC 5929 replaces. */
const RSA_PSS_DEFAULT = 'sha256';

const PSS_HASHES: ReadonlyMap<string, string> = new Map([
  ['2b0e03021a', 'sha256'], //         1.3.14.3.2.26          sha1
  ['608648016503040201', 'sha256'], // 2.16.840.1.101.3.4.2.1 sha256
  ['608648016503040202', 'sha384'], // 2.16.840.1.101.3.4.2.2 sha384
  ['608648016503040203', 'sha512'], // 2.16.840.1.101.3.4.2.3 sha512
  ['608648016503040204', 'sha224'], // 2.16.840.1.101.3.4.2.4 sha224
]);

/**
 * The channel binding data `tls-server-end-point` (RFC 5929, section 4.1): a hash of the server's certificate
 * with the hash function of the certificate's own signature, as PostgreSQL and libpq compute it.
 *
 * @param certificateDer exactly one certificate.
 * @returns `undefined` where the signature has no such hash (Ed25519, Ed448) or one that libpq's OpenSSL might
 *   see otherwise (SHA-3, MD4), and for what is no certificate. SCRAM-SHA-256-PLUS must then be withheld.
 */
export function endPointBinding(certificateDer: Buffer): Buffer | undefined {
  const hash = signatureHash(certificateDer);
  return hash === undefined ? undefined : createHash(hash).update(certificateDer).digest();
}

function signatureHash(certificateDer: Buffer): string | undefined {
  const algorithm = signatureAlgorithm(certificateDer);
  if (algorithm?.oid === RSA_PSS) return pssHash(algorithm.parameters);
  return algorithm && SIGNATURE_HASHES.get(algorithm.oid);
}

/** `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }` (RFC 5280, 4.1). */
function signatureAlgorithm(certificateDer: Buffer): Algorithm | undefined {
  const certificate = readElement(certificateDer, 0);
  if (certificate?.tag !== SEQUENCE || certificate.end !== certificateDer.length) return undefined;
  const toBeSigned = readElement(certificate.contents, 0);
  return toBeSigned?.tag === SEQUENCE ? readAlgorithm(certificate.contents, toBeSigned.end) : undefined;
}

/** `AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }`. */
function readAlgorithm(buffer: Buffer, offset: number): Algorithm | undefined {
  const contents = readTagged(buffer, offset, SEQUENCE) ?? Buffer.alloc(0);
  const oid = readElement(contents, 0);
  if (oid?.tag !== OBJECT_IDENTIFIER) return undefined;
  return { oid: oid.contents.toString('hex'), parameters: contents.subarray(oid.end) };
}

/** `RSASSA-PSS-params ::= SEQUENCE { [0] hashAlgorithm DEFAULT sha1, … }`; a signature must bring them. */
function pssHash(parameters: Buffer): string | undefined {
  const fields = readTagged(parameters, 0, SEQUENCE);
  if (fields?.length === 0) return RSA_PSS_DEFAULT;
  const first = fields && readElement(fields, 0);
  if (first?.tag !== EXPLICIT_0) return first && RSA_PSS_DEFAULT;
  const hash = readAlgorithm(first.contents, 0);
  return hash && PSS_HASHES.get(hash.oid);
}
