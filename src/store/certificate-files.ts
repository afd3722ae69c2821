import type { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { CertificateError } from '../certificates/error.ts';
import { isDue, MAX_SERVER_DAYS } from '../certificates/lifetimes.ts';
import { parseNames, type SubjectNames, sameNames, subjectNames } from '../certificates/names.ts';
import { parseCertificate } from '../certificates/pem.ts';
import { belongsTo, CertificateFolder, type CertificatePaths } from './certificate-folder.ts';
import { newAuthority, newServerCertificate } from './certificate-making.ts';

export interface CertificateWish {
  /** Made where it is missing. */
  readonly dir: string;
  /** Host names, `*.` patterns, IP addresses. `undefined`: those of the certificate that is there. */
  readonly names: readonly string[] | undefined;
  readonly now: Date;
  /** Lifetime of a new server certificate; at most, and by default, MAX_SERVER_DAYS. */
  readonly days?: number;
  /** What is made although it is there and good: nothing, the server's certificate, or all, with new keys. */
  readonly remake?: 'nothing' | 'server' | 'all';
}

export interface EnsuredCertificate extends CertificatePaths {
  /** The files that were written, in that order. */
  readonly written: readonly string[];
}

/**
 * Sees to it that a folder holds an authority and a server certificate of its making for the names. What is
 * there and good stays. The server's certificate is issued anew from the kept authority when it ends within
 * 30 days, when the names have changed or when it is not its key's; the authority is, under its old key and
 * name, when it ends within 30 days: clients who trust the old one trust the new server certificates too.
 *
 * Keys are kept over a renewal, so that certificate and key agree at every moment, also for a gateway that reads
 * them between two writes. One process at a time may do this in a folder.
 *
 * @throws {CertificateError} in one line, where a name is none, a file is not what its name says, the server's
 * certificate is not of this authority, or the authority's key is needed and missing; or the file system's error.
 */
export async function ensureServerCertificate(wish: CertificateWish): Promise<EnsuredCertificate> {
  const asked = wish.names === undefined ? undefined : parseNames(wish.names);
  await mkdir(wish.dir, { recursive: true });
  const folder = new CertificateFolder(wish.dir, wish.remake === 'all');
  const authority = await ensureAuthority(folder, wish.now);
  const standing = await folder.certificate(folder.paths.cert);
  if (standing !== undefined) checkIssuer(folder.paths, standing, authority);
  const names = asked ?? standingNames(folder.paths, standing);
  if (wish.remake === 'server' || !(await isGood(folder, standing, { names, now: wish.now }))) {
    const privateKeyPem = await authorityKey(folder, authority);
    const pem = await newServerCertificate(
      { certificate: authority, privateKeyPem },
      await folder.keyOrNew(folder.paths.key),
      { names, now: wish.now, days: wish.days ?? MAX_SERVER_DAYS },
    );
    await folder.writeCertificate(folder.paths.cert, pem);
  }
  return { ...folder.paths, written: folder.written };
}

async function ensureAuthority(folder: CertificateFolder, now: Date): Promise<X509Certificate> {
  const { ca, caKey } = folder.paths;
  const standing = await folder.certificate(ca);
  if (standing !== undefined && !isDue(standing.validToDate, now)) return standing;
  const key = standing ? await authorityKey(folder, standing) : await folder.keyOrNew(caKey);
  const pem = await newAuthority(key, { now, replaces: standing });
  await folder.writeCertificate(ca, pem);
  return parseCertificate(pem);
}

/** An authority's key may well be kept elsewhere, until it is needed. */
async function authorityKey(folder: CertificateFolder, authority: X509Certificate): Promise<string> {
  const { ca, caKey } = folder.paths;
  const key = await folder.key(caKey);
  if (key === undefined) throw new CertificateError(`${caKey} is missing, and needed to sign a certificate`);
  if (!belongsTo(authority, key)) throw new CertificateError(`${caKey} is not the key of ${ca}`);
  return key;
}

function checkIssuer(paths: CertificatePaths, standing: X509Certificate, authority: X509Certificate): void {
  if (standing.checkIssued(authority) && standing.verify(authority.publicKey)) return;
  throw new CertificateError(`${paths.cert} was not issued by ${paths.ca}: move one of them away`);
}

function standingNames(paths: CertificatePaths, standing: X509Certificate | undefined): SubjectNames {
  if (standing !== undefined) return subjectNames(standing);
  throw new CertificateError(`${paths.cert} is missing: name the hosts that a new one is to cover`);
}

async function isGood(
  folder: CertificateFolder,
  standing: X509Certificate | undefined,
  { names, now }: { readonly names: SubjectNames; readonly now: Date },
): Promise<boolean> {
  if (standing === undefined || isDue(standing.validToDate, now)) return false;
  if (!sameNames(subjectNames(standing), names)) return false;
  const key = await folder.key(folder.paths.key);
  return key !== undefined && belongsTo(standing, key);
}
