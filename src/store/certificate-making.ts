import { createPublicKey, generateKeyPair, randomBytes, type X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { CertificateError } from '../certificates/error.ts';
import { AUTHORITY_DAYS, type Validity, validityFrom } from '../certificates/lifetimes.ts';
import type { SubjectNames } from '../certificates/names.ts';

const RSA_BITS = 2048;

export interface Issuer {
  readonly certificate: X509Certificate;
  readonly privateKeyPem: string;
}

/** node-forge costs 40 ms and 10 MB to load: only a process that does make a certificate pays. */
const forgery = () => import('../certificates/authority.ts');

/** A new RSA key, PKCS #8 in PEM form, made off the event loop. */
export async function newKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A ten-year authority for the key; under the name of the one that it replaces, so that both vouch alike. */
export async function newAuthority(
  privateKeyPem: string,
  { now, replaces }: { readonly now: Date; readonly replaces: X509Certificate | undefined },
): Promise<string> {
  const { makeAuthority, SERIAL_BYTES } = await forgery();
  return makeAuthority({
    // Two gateways' authorities may lie in one trust store, where OpenSSL looks them up by name.
    commonName: replaces ? nameOf(replaces) : `Portcullis CA ${randomBytes(4).toString('hex')}`,
    ...validityFrom(now, AUTHORITY_DAYS),
    serial: randomBytes(SERIAL_BYTES),
    privateKeyPem,
  });
}

/** A server certificate for the key, ending with its authority at the latest. */
export async function newServerCertificate(
  issuer: Issuer,
  privateKeyPem: string,
  wish: { readonly names: SubjectNames; readonly now: Date; readonly days: number },
): Promise<string> {
  const { issueServerCertificate, SERIAL_BYTES } = await forgery();
  const validity = validityFrom(wish.now, wish.days);
  return issueServerCertificate({
    authority: { certificatePem: issuer.certificate.toString(), privateKeyPem: issuer.privateKeyPem },
    names: wish.names,
    ...endingBy(validity, issuer.certificate.validToDate),
    serial: randomBytes(SERIAL_BYTES),
    publicKeyPem: createPublicKey(privateKeyPem).export({ type: 'spki', format: 'pem' }).toString(),
  });
}

function endingBy({ notBefore, notAfter }: Validity, end: Date): Validity {
  return { notBefore, notAfter: notAfter < end ? notAfter : end };
}

/** Only an authority of our own making has a name of one such part. */
function nameOf(authority: X509Certificate): string {
  const name = /^CN=([\w .-]+)$/.exec(authority.subject)?.[1];
  if (name === undefined)
    throw new CertificateError('ca.crt ends soon and was not made here: renew it yourself');
  return name;
}
