import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { fileReason } from './file-reason.ts';

/** Permission bits that a file of secrets may not have: others, and the group. */
const OTHERS_AND_GROUP = 0o077;
/** Files of /proc and of some mounts say that they have no bytes. */
const MAX_UNSIZED_BYTES = 65_536;

export interface ReadTextOptions {
  /** Bytes; a larger file is not read. */
  readonly maxBytes: number;
  /** Whether it holds secrets, and nobody but its owner may read or write it. */
  readonly secret?: boolean;
}

/**
 * Reads a small file of UTF-8, now: configuration is read at the start and when it changes. Size, kind and mode
 * are those of the file that is read, whatever is put in its place meanwhile.
 * @returns the problem as the end of a line that begins with the path.
 */
export function readText(
  path: string,
  options: ReadTextOptions,
): { readonly text: string } | { readonly problem: string } {
  let file: number;
  try {
    // A pipe without a writer would hold the process up.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { problem: fileReason(error) };
  }
  try {
    const stats = fstatSync(file);
    const problem = unfit(path, stats, options);
    return problem === undefined ? decode(readAll(file, stats.size, options.maxBytes)) : { problem };
  } catch (error) {
    return { problem: fileReason(error) };
  } finally {
    closeSync(file);
  }
}

function unfit(path: string, stats: Stats, { maxBytes, secret }: ReadTextOptions): string | undefined {
  if (!stats.isFile()) return stats.isDirectory() ? 'a folder, not a file' : 'not an ordinary file';
  if (stats.size > maxBytes) return `larger than ${maxBytes} bytes: is it the right file?`;
  return secret === true ? openMode(path, stats) : undefined;
}

function openMode(path: string, { mode }: Stats): string | undefined {
  if ((mode & OTHERS_AND_GROUP) === 0) return undefined;
  const bits = (mode & 0o777).toString(8).padStart(4, '0');
  return `others may read or write it (mode ${bits}): chmod 600 ${path}`;
}

/** A file that grows while it is read is read as far as it may be. */
function readAll(file: number, size: number, maxBytes: number): Buffer {
  const bytes = Buffer.alloc(size === 0 ? Math.min(maxBytes, MAX_UNSIZED_BYTES) : size);
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(file, bytes, length, bytes.length - length, null);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

function decode(bytes: Buffer): { readonly text: string } | { readonly problem: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { problem: 'not UTF-8 text: write it anew as UTF-8' };
  }
}
