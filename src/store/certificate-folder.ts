import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CertificateError, reasonOf } from '../certificates/error.ts';
import { parseCertificate, splitCertificates } from '../certificates/pem.ts';
import { newKey } from './certificate-making.ts';
import { writeFileAtomic } from './write-file.ts';

/** Public: clients read ca.crt, and every TLS handshake shows server.crt. */
const CERTIFICATE_MODE = 0o644;
const KEY_MODE = 0o600;

/** Absolute paths of what lies in a certificate folder. */
export interface CertificatePaths {
  /** The authority's certificate: what clients name as `sslrootcert`. */
  readonly ca: string;
  readonly caKey: string;
  readonly cert: string;
  readonly key: string;
}

export function certificatePaths(dir: string): CertificatePaths {
  return {
    ca: resolve(dir, 'ca.crt'),
    caKey: resolve(dir, 'ca.key'),
    cert: resolve(dir, 'server.crt'),
    key: resolve(dir, 'server.key'),
  };
}

/** The four files of a certificate folder, and which of them were written. */
export class CertificateFolder {
  readonly paths: CertificatePaths;
  /** Paths, in the order of writing. */
  readonly written: string[] = [];
  readonly #ignoreStanding: boolean;

  /** @param ignoreStanding whether what is there counts as missing, and is replaced */
  constructor(dir: string, ignoreStanding: boolean) {
    this.paths = certificatePaths(dir);
    this.#ignoreStanding = ignoreStanding;
  }

  /**
   * The first certificate of a file; `undefined` where there is none.
   *
   * @throws {CertificateError} naming the file, where it holds something else.
   */
  async certificate(path: string): Promise<X509Certificate | undefined> {
    const text = await this.#read(path);
    if (text === undefined) return undefined;
    const [first = ''] = naming(path, () => splitCertificates(text));
    return naming(path, () => parseCertificate(first));
  }

  /** The private key in a file, in PEM form; `undefined` where there is no file. */
  async key(path: string): Promise<string | undefined> {
    const text = await this.#read(path);
    if (text === undefined) return undefined;
    if (parseKey(text)?.asymmetricKeyType === 'rsa') return text;
    throw new CertificateError(`${path}: not an RSA private key without a passphrase`);
  }

  /** The private key in a file, made and written where there is none. */
  async keyOrNew(path: string): Promise<string> {
    const standing = await this.key(path);
    if (standing !== undefined) return standing;
    const made = await newKey();
    await this.#write(path, made, KEY_MODE);
    return made;
  }

  async writeCertificate(path: string, pem: string): Promise<void> {
    await this.#write(path, pem, CERTIFICATE_MODE);
  }

  async #write(path: string, pem: string, mode: number): Promise<void> {
    await writeFileAtomic(path, pem, mode);
    this.written.push(path);
  }

  async #read(path: string): Promise<string | undefined> {
    if (this.#ignoreStanding && !this.written.includes(path)) return undefined;
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

/** Whether a certificate was made for this private key. */
export function belongsTo(certificate: X509Certificate, privateKeyPem: string): boolean {
  return certificate.checkPrivateKey(createPrivateKey(privateKeyPem));
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined; // The caller names the file; OpenSSL's words would add nothing.
  }
}

function naming<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new CertificateError(`${path}: ${reasonOf(error)}`, { cause: error });
  }
}
