import type { SecureContext } from 'node:tls';
import { hostName, hostPattern, wildcardOver } from '../certificates/match.ts';
import { subjectNames } from '../certificates/names.ts';
import { endPointBinding } from '../scram/channel-binding.ts';
import { type ClientTrust, serverContext, type TlsVersion } from './certificate-context.ts';
import { type CertificatePair, readPair } from './certificate-pair.ts';
import { CertificateFilesError, type CertificateProblem, errorIn } from './certificate-problem.ts';
import { type Expiring, pairWarnings } from './certificate-warnings.ts';
import { type ClientAuthorities, type ClientFiles, loadClientAuthorities } from './client-authorities.ts';

/** A certificate as connections are served with it. A connection keeps the one that it began with. */
export interface ServerCertificate {
  readonly context: SecureContext;
  /** Makes the same with what client certificates are to be checked against. */
  readonly contextFor: (clients: ClientTrust) => SecureContext;
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

/** One of a store's. */
export interface ServedCertificate extends ServerCertificate {
  /** As `context`, and checks client certificates; `undefined`: clients are asked for none. */
  readonly asking: SecureContext | undefined;
}

export interface CertificateOptions {
  readonly minVersion: TlsVersion;
  /** `undefined`: clients are asked for no certificate. */
  readonly clients?: ClientFiles | undefined;
}

/** The certificates of the gateway, and which of them a client gets. Unchanging; a reload makes another. */
export class CertificateStore {
  /** In the order of the configuration. */
  readonly certificates: readonly ServedCertificate[];
  /** For the log: what some clients will not like. */
  readonly warnings: readonly CertificateProblem[];
  /** What client certificates are checked against; `undefined`: clients are asked for none. */
  readonly clients: ClientAuthorities | undefined;
  readonly #default: ServedCertificate;
  readonly #byPattern = new Map<string, ServedCertificate>();

  /** @throws {RangeError} without any certificate */
  constructor(
    certificates: readonly ServerCertificate[],
    warnings: readonly CertificateProblem[],
    clients?: ClientAuthorities,
  ) {
    this.certificates = certificates.map((each) => ({
      ...each,
      asking: clients === undefined ? undefined : each.contextFor(clients),
    }));
    const first = this.certificates.at(0);
    if (first === undefined) throw new RangeError('at least one server certificate is needed');
    this.warnings = warnings;
    this.clients = clients;
    this.#default = first;
    for (const certificate of this.certificates) this.#index(certificate);
  }

  /**
   * Reads and checks all pairs, of which there is at least one, and what clients are checked against.
   *
   * @throws {CertificateFilesError} with every problem of every file
   */
  static async load(
    pairs: readonly CertificatePair[],
    options: CertificateOptions,
  ): Promise<CertificateStore> {
    const [loaded, clients] = await Promise.all([
      Promise.all(pairs.map((pair) => loadServerCertificate(pair, options))),
      options.clients && loadClientAuthorities(options.clients),
    ]);
    const problems = [...loaded, ...(clients === undefined ? [] : [clients])].flatMap(
      (each) => each.problems,
    );
    if (problems.some((problem) => problem.severity === 'error')) throw new CertificateFilesError(problems);
    const certificates = loaded.map((each) => each.certificate).filter((each) => each !== undefined);
    return new CertificateStore(certificates, problems, clients?.authorities);
  }

  /** Everything that ends one day: server certificates, authorities, revocation lists. */
  get expiring(): readonly Expiring[] {
    const own = this.certificates.map(({ certPath, notBefore, notAfter }) => ({
      file: certPath,
      what: 'certificate' as const,
      notBefore,
      notAfter,
    }));
    return [...own, ...(this.clients?.expiring ?? [])];
  }

  /**
   * The certificate for a name from SNI, whatever bytes are in it: one that names it exactly, else one with
   * a wildcard over it, else the first of all.
   */
  select(servername: string | undefined): ServedCertificate {
    const name = hostName(servername ?? '');
    if (name === undefined) return this.#default;
    return this.#byPattern.get(name) ?? this.#byPattern.get(wildcardOver(name) ?? '') ?? this.#default;
  }

  /** Where two certificates cover one name, the first in the configuration has it. */
  #index(certificate: ServedCertificate): void {
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
    // The key stays within the function: nothing that prints a certificate can print it.
    const contextFor = (clients?: ClientTrust): SecureContext =>
      serverContext(chain.join(''), key, minVersion, clients);
    const certificate = {
      context: contextFor(),
      contextFor,
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
