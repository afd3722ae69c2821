import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { CertificateError } from '../certificates/error.ts';
import { fileReason } from '../store/file-reason.ts';

/** Certificates and keys are a few kB; what is larger is another kind of file. */
export const MAX_CERTIFICATE_BYTES = 1_048_576;

/**
 * A PEM file's text, and what the system says of the file.
 *
 * @throws {CertificateError} where it cannot be read, is no file or larger than `maxBytes`
 */
export async function readBounded(
  path: string,
  maxBytes: number,
): Promise<{ readonly text: string; readonly stats: Stats }> {
  const stats = await stat(path).catch(plainly);
  if (!stats.isFile()) throw new CertificateError('not a file');
  if (stats.size > maxBytes) throw new CertificateError(`larger than ${maxBytes} bytes`);
  return { text: await readFile(path, 'utf8').catch(plainly), stats };
}

function plainly(error: unknown): never {
  throw new CertificateError(fileReason(error), { cause: error });
}
