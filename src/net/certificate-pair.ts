import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import type { Stats } from 'node:fs';
import { CertificateError } from '../certificates/error.ts';
import { parseCertificate, splitCertificates } from '../certificates/pem.ts';
import { MIN_RSA_BITS } from './certificate-context.ts';
import { type CertificateProblem, errorIn } from './certificate-problem.ts';
import { MAX_CERTIFICATE_BYTES, readBounded } from './read-bounded.ts';
import { ON_BUN } from './runtime.ts';

/** Absolute paths of a PEM chain, the server's own certificate first, and of its private key. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** A pair read and found to fit together. */
export interface PairContents {
  /** The server's own certificate. */
  readonly leaf: X509Certificate;
  /** All of the file's certificates, in its order. */
  readonly chain: readonly X509Certificate[];
  /** PEM. */
  readonly key: string;
}

/** Permission bits that a key file may not have (PostgreSQL manual 18.9.2): root's may be read by its group. */
const FORBIDDEN_MODE = 0o077;
const FORBIDDEN_MODE_OF_ROOT = 0o037;

/** BoringSSL has no RSA-PSS keys, no Ed448, and of elliptic curves NIST's alone. */
const UNREADABLE = ON_BUN
  ? 'damaged or cut short, or of a kind that Bun does not read: take EC P-256'
  : 'damaged or cut short';

/** Reads both files; problems that keep the pair from being served instead, as many as can be found at once. */
export async function readPair(
  pair: CertificatePair,
): Promise<{ readonly contents?: PairContents; readonly problems: readonly CertificateProblem[] }> {
  const [chain, key] = await Promise.allSettled([readChain(pair.cert), readKey(pair.key)]);
  const problems: CertificateProblem[] = [];
  if (chain.status === 'rejected') problems.push(errorIn(pair.cert, chain.reason));
  const faults = key.status === 'rejected' ? [key.reason] : key.value.faults;
  problems.push(...faults.map((fault) => errorIn(pair.key, fault)));
  if (chain.status === 'rejected' || key.status === 'rejected' || key.value.parsed === undefined)
    return { problems };
  try {
    const leaf = leafFor(chain.value, key.value.parsed);
    if (leaf === undefined)
      problems.push(errorIn(pair.key, new CertificateError(`does not belong to ${pair.cert}`)));
    if (leaf === undefined || problems.length > 0) return { problems };
    return { contents: { leaf, chain: chain.value, key: key.value.pem }, problems };
  } catch (error) {
    return { problems: [...problems, errorIn(pair.cert, error)] };
  }
}

async function readChain(path: string): Promise<X509Certificate[]> {
  const { text } = await readBounded(path, MAX_CERTIFICATE_BYTES);
  return splitCertificates(text).map(parseCertificate);
}

interface ReadKey {
  readonly pem: string;
  /** `undefined`: there is none in it. */
  readonly parsed: KeyObject | undefined;
  /** What keeps it from being used; its mode does not hide what else. */
  readonly faults: readonly unknown[];
}

async function readKey(path: string): Promise<ReadKey> {
  const { text: pem, stats } = await readBounded(path, MAX_CERTIFICATE_BYTES);
  const faults: unknown[] = modeFaults(stats);
  try {
    return { pem, parsed: keyIn(pem), faults };
  } catch (error) {
    return { pem, parsed: undefined, faults: [...faults, error] };
  }
}

function keyIn(pem: string): KeyObject {
  if (/ENCRYPTED/.test(pem)) {
    throw new CertificateError('is encrypted: write it without a passphrase, by openssl pkey -in … -out …');
  }
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw new CertificateError('no private key in PEM form in it (-----BEGIN PRIVATE KEY-----)');
  }
  const parsed = parseKey(pem);
  const bits = parsed.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < MIN_RSA_BITS) {
    throw new CertificateError(`an RSA key of ${bits} bits, at least ${MIN_RSA_BITS} are needed`);
  }
  return parsed;
}

function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new CertificateError(`the private key in it is ${UNREADABLE}`, { cause: error });
  }
}

function modeFaults({ mode, uid }: Stats): CertificateError[] {
  if ((mode & (uid === 0 ? FORBIDDEN_MODE_OF_ROOT : FORBIDDEN_MODE)) === 0) return [];
  const bits = (mode & 0o777).toString(8).padStart(4, '0');
  return [new CertificateError(`others may read or write it (mode ${bits}): chmod 0600`)];
}

function leafFor(chain: readonly X509Certificate[], key: KeyObject): X509Certificate | undefined {
  const place = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  if (place <= 0) return chain[place];
  throw new CertificateError(
    `the key is that of certificate ${place + 1} in it: the server's own comes first`,
  );
}
