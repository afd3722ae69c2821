import type { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { Trust } from '../certificates/client-trust.ts';
import { CertificateError } from '../certificates/error.ts';
import type { Validity } from '../certificates/lifetimes.ts';
import { oneLine } from '../certificates/names.ts';
import { parseCertificate, splitCertificates } from '../certificates/pem.ts';
import { parseRevocationLists, type RevocationList, subjectName } from '../certificates/revocation-list.ts';
import type { ClientTrust } from './certificate-context.ts';
import { type CertificateProblem, errorIn } from './certificate-problem.ts';
import { type Expiring, expiryWarning } from './certificate-warnings.ts';
import { MAX_CERTIFICATE_BYTES, readBounded } from './read-bounded.ts';

/** About 100,000 revocations. OpenSSL reads a list while live sessions wait: 50 ms or so for each MiB. */
const MAX_LIST_BYTES = 8 * 1_048_576;
/** Absolute paths of PEM files. */
export interface ClientFiles {
  readonly ca: string;
  /** `undefined`: nothing is ever revoked. */
  readonly crl: string | undefined;
}

/** What client certificates are checked against: authorities, and what they have revoked. */
export interface ClientAuthorities extends ClientTrust {
  readonly certificates: readonly X509Certificate[];
  /** For those who are connected already. */
  readonly trust: Trust;
  /** Either file, with the period of what ends first in it. */
  readonly expiring: readonly Expiring[];
}

export interface LoadedAuthorities {
  /** `undefined` where a problem is an error. */
  readonly authorities?: ClientAuthorities;
  readonly problems: readonly CertificateProblem[];
}

/** Reads both files. It never rejects: whatever is wrong is among the problems. */
export async function loadClientAuthorities(files: ClientFiles): Promise<LoadedAuthorities> {
  const [ca, crl] = await Promise.allSettled([readAuthorities(files.ca), readLists(files.crl)]);
  const problems: CertificateProblem[] = [];
  if (ca.status === 'rejected') problems.push(errorIn(files.ca, ca.reason));
  if (crl.status === 'rejected') problems.push(errorIn(String(files.crl), crl.reason));
  if (ca.status === 'rejected' || crl.status === 'rejected') return { problems };
  const pem = { ca: ca.value.map(String), crl: crl.value.map((list) => list.pem) };
  let trust: Trust;
  try {
    if (files.crl !== undefined) checkLists(crl.value, ca.value);
    createSecureContext(pem);
    trust = new Trust(ca.value, crl.value);
  } catch (error) {
    return { problems: [errorIn(files.crl ?? files.ca, error)] };
  }
  const expiring = [
    ...firstToEnd(files.ca, 'certificate', ca.value.map(periodOf)),
    ...firstToEnd(String(files.crl), 'revocation list', listPeriods(crl.value)),
  ];
  const warnings = expiring.flatMap((each): CertificateProblem[] => {
    const message = expiryWarning(each, new Date());
    return message === undefined ? [] : [{ file: each.file, message, severity: 'warning' }];
  });
  const authorities = { ...pem, certificates: ca.value, trust, expiring };
  return { authorities, problems: warnings };
}

async function readAuthorities(path: string): Promise<X509Certificate[]> {
  const { text } = await readBounded(path, MAX_CERTIFICATE_BYTES);
  const certificates = splitCertificates(text).map(parseCertificate);
  const other = certificates.findIndex(({ ca }) => !ca);
  if (other >= 0) {
    const which = `certificate ${other + 1} in it, ${nameOf(certificates.at(other))},`;
    throw new CertificateError(`${which} is not an authority's (basicConstraints CA:TRUE)`);
  }
  if (!certificates.some((certificate) => certificate.checkIssued(certificate))) {
    throw new CertificateError('no root in it: add the self-signed authority at the end of the chain');
  }
  return certificates;
}

async function readLists(path: string | undefined): Promise<RevocationList[]> {
  if (path === undefined) return [];
  return parseRevocationLists((await readBounded(path, MAX_LIST_BYTES)).text);
}

/** Where lists are checked, OpenSSL wants one of every authority. */
function checkLists(lists: readonly RevocationList[], authorities: readonly X509Certificate[]): void {
  const without = authorities.find((authority) => {
    const name = subjectName(authority);
    return !lists.some(({ issuer }) => issuer.equals(name));
  });
  if (without === undefined) return;
  throw new CertificateError(`no list of ${nameOf(without)} in it: all its certificates would be refused`);
}

/** Of every issuer the period of its newest list; one without nextUpdate holds until it is replaced. */
function listPeriods(lists: readonly RevocationList[]): Validity[] {
  const byIssuer = Map.groupBy(lists, ({ issuer }) => issuer.toString('latin1'));
  return [...byIssuer.values()].flatMap((all) => {
    const newest = all.reduce((best, each) => (each.thisUpdate > best.thisUpdate ? each : best));
    const { thisUpdate, nextUpdate } = newest;
    return nextUpdate === undefined ? [] : [{ notBefore: thisUpdate, notAfter: nextUpdate }];
  });
}

function periodOf({ validFromDate, validToDate }: X509Certificate): Validity {
  return { notBefore: validFromDate, notAfter: validToDate };
}

function firstToEnd(file: string, what: Expiring['what'], periods: readonly Validity[]): Expiring[] {
  const [first] = periods.toSorted((a, b) => a.notAfter.getTime() - b.notAfter.getTime());
  return first === undefined ? [] : [{ file, what, ...first }];
}

function nameOf(certificate: X509Certificate | undefined): string {
  return oneLine(certificate?.subject);
}
