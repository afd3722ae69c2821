import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientTrust, serverContext } from '../../src/net/certificate-context.ts';
import { CertificateStore } from '../../src/net/certificate-store.ts';
import type { ClientAuthorities } from '../../src/net/client-authorities.ts';
import { endPointBinding } from '../../src/scram/channel-binding.ts';
import { type SelfSignedWish, selfSigned } from './openssl.ts';

/** A certificate that vouches for itself, in memory. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** P-256 by default: made in 20 ms, where RSA takes ten times that. */
export async function testCertificate(wish: SelfSignedWish = {}): Promise<TestCertificate> {
  const dir = await mkdtemp(join(tmpdir(), 'pc-cert-'));
  try {
    const paths = await selfSigned(dir, 'server', { san: 'DNS:localhost,IP:127.0.0.1', ...wish });
    return { cert: await readFile(paths.cert, 'utf8'), key: await readFile(paths.key, 'utf8') };
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** What the gate shows its clients, and by what it checks theirs. */
export function certificateStore(
  { cert, key }: TestCertificate,
  clients?: ClientAuthorities,
): CertificateStore {
  const leaf = new X509Certificate(cert);
  const served = {
    context: serverContext(cert, key, 'TLSv1.2'),
    contextFor: (trust: ClientTrust) => serverContext(cert, key, 'TLSv1.2', trust),
    binding: endPointBinding(leaf.raw),
    dnsNames: ['localhost'],
    notBefore: leaf.validFromDate,
    notAfter: leaf.validToDate,
    certPath: 'server.crt',
    keyPath: 'server.key',
  };
  return new CertificateStore([served], [], clients);
}
