import { createPrivateKey, hkdfSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ServerConfig } from '../config/server-config.ts';

const LENGTH = 32;
const PURPOSE = 'portcullis mock verifiers v1';

/**
 * The seed of mock verifiers: secret, and the same after a restart and in every gateway with the same files, since
 * a salt that changed would tell an unknown name from a known one. Derived from the oldest key of the catalog's
 * ring (a rotation adds newer ones before it), else from the first certificate's private key.
 */
export async function mockSecret(config: ServerConfig): Promise<Buffer> {
  const oldest = [...(config.catalog?.keys?.all.values() ?? [])].at(-1);
  return derive(oldest === undefined ? await certificateKey(config) : oldest.key.export());
}

async function certificateKey({ tls }: ServerConfig): Promise<Buffer> {
  const [first] = tls.certificates;
  if (first === undefined) throw new TypeError('a configuration without certificates');
  return createPrivateKey(await readFile(first.key)).export({ type: 'pkcs8', format: 'der' });
}

function derive(key: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), PURPOSE, LENGTH));
}
