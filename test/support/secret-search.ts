import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unless } from '../../src/store/system-error.ts';

/** Bytes of a process's memory that are read at a time. */
const CHUNK = 8 * 1024 * 1024;
/** Larger maps are address space that a runtime has put aside. */
const MAX_REGION = 1024 ** 3;

/** A secret by the name that a test tells it by. */
export type Secrets = Readonly<Record<string, string>>;

interface Pattern {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Every form in which a secret may have been written: as it is, escaped, in base64 wherever it begins, in hex. */
export function writtenForms(secrets: Secrets): Pattern[] {
  return Object.entries(secrets).flatMap(([name, text]) => {
    const bytes = Buffer.from(text);
    const hex = bytes.toString('hex');
    const forms = new Set([
      text,
      JSON.stringify(text).slice(1, -1),
      encodeURIComponent(text),
      hex,
      hex.toUpperCase(),
      ...[0, 1, 2].flatMap((offset) => {
        const core = base64Core(bytes, offset);
        return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
      }),
    ]);
    return [...forms].map((form) => ({ name, bytes: Buffer.from(form) }));
  });
}

/** The forms in which a process has a text: UTF-8, and both of V8's, Latin-1 and UTF-16. */
export function heldForms(secrets: Secrets): Pattern[] {
  return Object.entries(secrets).flatMap(([name, text]) =>
    (['utf8', 'latin1', 'utf16le'] as const).map((encoding) => ({
      name,
      bytes: Buffer.from(text, encoding),
    })),
  );
}

/** What of a text's base64 does not depend on what stands before it, so many bytes into a group of three, or behind it. */
function base64Core(bytes: Buffer, offset: number): string {
  const before = Math.ceil((offset * 8) / 6);
  const whole = Math.floor(((offset + bytes.length) * 8) / 6);
  return Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .slice(before, whole);
}

/** Names of the secrets that a text or some bytes hold, each with where they were found. */
export function findIn(place: string, bytes: Buffer | string, patterns: readonly Pattern[]): string[] {
  const hay = Buffer.from(bytes);
  const names = patterns.filter((pattern) => hay.includes(pattern.bytes)).map(({ name }) => name);
  return [...new Set(names)].map((name) => `${name} in ${place}`);
}

/** Looks into every file below a folder. @param except paths in it */
export async function findInFiles(
  folder: string,
  patterns: readonly Pattern[],
  except: readonly string[] = [],
): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || except.some((each) => path === join(folder, each))) continue;
    // A database removes files while one looks.
    const bytes = await unless(['ENOENT'], readFile(path));
    if (bytes !== undefined) found.push(...findIn(path, bytes, patterns));
  }
  return found;
}

/** Looks at a process's command line and environment, which others may see (proc(5)). */
export async function findInProcess(pid: number, patterns: readonly Pattern[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of ['cmdline', 'environ'])
    found.push(...findIn(`${name} of ${pid}`, await readFile(`/proc/${pid}/${name}`), patterns));
  return found;
}

/** Looks at what a process could write to (proc(5)): as much as `strings` finds in a core of it. */
export async function findInMemory(pid: number, patterns: readonly Pattern[]): Promise<string[]> {
  const longest = Math.max(...patterns.map(({ bytes }) => bytes.length));
  const found = new Set<string>();
  const memory = await open(`/proc/${pid}/mem`, 'r');
  try {
    for (const { start, end } of await writableRegions(pid)) {
      for (let at = start; at < end; at += CHUNK) {
        const buffer = Buffer.alloc(Math.min(CHUNK + longest, end - at));
        // What is no longer there, or is a device's.
        const read = await unless(['EIO', 'EFAULT'], memory.read(buffer, 0, buffer.length, at));
        for (const each of findIn('memory', buffer.subarray(0, read?.bytesRead ?? 0), patterns))
          found.add(each);
      }
    }
  } finally {
    await memory.close();
  }
  return [...found];
}

async function writableRegions(pid: number): Promise<{ start: number; end: number }[]> {
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8');
  return [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)]
    .map(([, first = '', last = '']) => ({
      start: Number.parseInt(first, 16),
      end: Number.parseInt(last, 16),
    }))
    .filter(({ start, end }) => end - start < MAX_REGION);
}
