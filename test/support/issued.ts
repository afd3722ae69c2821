import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueServerCertificate, makeAuthority, SERIAL_BYTES } from '../../src/certificates/authority.ts';
import type { Validity } from '../../src/certificates/lifetimes.ts';

const LONG: Validity = { notBefore: new Date('2020-01-01'), notAfter: new Date('2049-01-01') };
const serial = Buffer.alloc(SERIAL_BYTES, 7);

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicKeyPem = createPublicKey(privateKeyPem).export({ type: 'spki', format: 'pem' }).toString();
const certificatePem = makeAuthority({ commonName: 'Test CA', ...LONG, serial, privateKeyPem });

/** One authority for the tests of a file; its key is the server's too, because RSA keys take time. */
export const issued = { certificatePem, privateKeyPem };

/** A pair valid in this period, `<name>.crt` and `<name>.key` in the folder. */
export async function issuedPair(
  dir: string,
  name: string,
  validity: Validity,
): Promise<{ cert: string; key: string }> {
  const paths = { cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
  const names = { dns: [name], ip: [] };
  const cert = issueServerCertificate({ authority: issued, names, ...validity, serial, publicKeyPem });
  await Promise.all([writeFile(paths.cert, cert), writeFile(paths.key, privateKeyPem, { mode: 0o600 })]);
  return paths;
}
