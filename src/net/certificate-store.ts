import type { SecureContext } from 'node:tls';
import { hostName, hostPattern, wildcardOver } from '../certificates/match.ts';
import { subjectNames } from '../certificates/names.ts';
import { endPointBinding } from '../scram/channel-binding.ts';
import { serverContext, type TlsVersion } from './certificate-context.ts';
import { type CertificatePair, errorIn, readPair } from './certificate-pair.ts';
import { CertificateFilesError, type CertificateProblem } from './certificate-problem.ts';
import { pairWarnings } from './certificate-warnings.ts';

/** A certificate as connections are served with it. A connection keeps the one that it began with. */
export interface ServerCertificate {
  readonly context: SecureContext;
  /** Data of `tls-server-end-point`; `undefined`: SCRAM-SHA-256-PLUS cannot be offered. */
  readonly binding: Buffer | undefined;
  /** As in the certificate. */
  readonly dnsNames: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Absolute, as the key's. */
  readonly certPath: string;
  readonly keyPath: string;
}

export interface CertificateOptions {
  readonly minVersion: TlsVersion;
}

/** The certificates of the gateway, and which of them a client gets. Unchanging; a reload makes another. */
export class CertificateStore {
  /** In the order of the configuration. */
  readonly certificates: readonly ServerCertificate[];
  /** For the log: what some clients will not like. */
  readonly warnings: readonly CertificateProblem[];
  readonly #default: ServerCertificate;
  readonly #byPattern = new Map<string, ServerCertificate>();

  /** @throws {RangeError} without any certificate */
  constructor(certificates: readonly ServerCertificate[], warnings: readonly CertificateProblem[]) {
    const first = certificates.at(0);
    if (first === undefined) throw new RangeError('at least one server certificate is needed');
    this.certificates = certificates;
    this.warnings = warnings;
    this.#default = first;
    for (const certificate of certificates) this.#index(certificate);
  }

  /**
   * Reads and checks all pairs, of which there is at least one.
   *
   * @throws {CertificateFilesError} with every problem of every pair
   */
  static async load(
    pairs: readonly CertificatePair[],
    options: CertificateOptions,
  ): Promise<CertificateStore> {
    const loaded = await Promise.all(pairs.map((pair) => loadServerCertificate(pair, options)));
    const problems = loaded.flatMap((each) => each.problems);
    if (problems.some((problem) => problem.severity === 'error')) throw new CertificateFilesError(problems);
    const certificates = loaded.map((each) => each.certificate).filter((each) => each !== undefined);
    return new CertificateStore(certificates, problems);
  }

  /**
   * The certificate for a name from SNI, whatever bytes are in it: one that names it exactly, else one with
   * a wildcard over it, else the first of all.
   */
  select(servername: string | undefined): ServerCertificate {
    const name = hostName(servername ?? '');
    if (name === undefined) return this.#default;
    return this.#byPattern.get(name) ?? this.#byPattern.get(wildcardOver(name) ?? '') ?? this.#default;
  }

  /** Where two certificates cover one name, the first in the configuration has it. */
  #index(certificate: ServerCertificate): void {
    for (const dnsName of certificate.dnsNames) {
      const pattern = hostPattern(dnsName);
      if (pattern !== undefined && !this.#byPattern.has(pattern)) this.#byPattern.set(pattern, certificate);
    }
  }
}

export interface LoadedCertificate {
  /** `undefined` where a problem is an error. */
  readonly certificate?: ServerCertificate;
  readonly problems: readonly CertificateProblem[];
}

/** Reads one pair. It never rejects: whatever is wrong is among the problems. */
export async function loadServerCertificate(
  pair: CertificatePair,
  { minVersion }: CertificateOptions,
): Promise<LoadedCertificate> {
  const { contents, problems } = await readPair(pair);
  if (contents === undefined) return { problems };
  try {
    const { leaf, chain, key } = contents;
    const binding = endPointBinding(leaf.raw);
    const certificate = {
      context: serverContext(chain.join(''), key, minVersion),
      binding,
      dnsNames: subjectNames(leaf).dns,
      notBefore: leaf.validFromDate,
      notAfter: leaf.validToDate,
      certPath: pair.cert,
      keyPath: pair.key,
    };
    return { certificate, problems: pairWarnings(pair, contents, { now: new Date(), binding }) };
  } catch (error) {
    return { problems: [errorIn(pair.cert, error)] };
  }
}
