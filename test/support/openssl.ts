import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs the `openssl` command: an opinion on certificates that is not our own. */
export async function openssl(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('openssl', args);
  return stdout;
}

export interface SelfSignedWish {
  /** As openssl writes them: `DNS:db.example.com,IP:127.0.0.1`; none: no subjectAltName. */
  readonly san?: string;
  readonly subject?: string;
  /** What `openssl req` is to be told of the key and the signature; default EC P-256 with SHA-256. */
  readonly with?: readonly string[];
}

export const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** A self-signed certificate and its key, `<name>.crt` and `<name>.key` (0600) in the folder. */
export async function selfSigned(
  dir: string,
  name: string,
  wish: SelfSignedWish = {},
): Promise<{ cert: string; key: string }> {
  const paths = { cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
  const san = wish.san === undefined ? [] : ['-addext', `subjectAltName=${wish.san}`];
  const files = ['-keyout', paths.key, '-out', paths.cert, '-days', '30'];
  const subject = ['-utf8', '-subj', wish.subject ?? `/CN=${name}`];
  await openssl('req', '-x509', '-nodes', ...(wish.with ?? EC), ...subject, ...files, ...san);
  await chmod(paths.key, 0o600);
  return paths;
}
