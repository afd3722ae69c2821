import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { formatKeyLine, type KeyRing, parseKeyRing } from '../../src/config/key-ring.ts';
import { type Child, startChild } from '../support/child.ts';
import type { WithTeardown } from '../support/postgres.ts';
import { linesOf } from './a-trail.ts';

const WRITER = fileURLToPath(new URL('trail-writer.ts', import.meta.url));

/** A folder with a key ring, for writers of `folder/audit`. */
export function writersFolder(folder: string): { readonly dir: string; readonly keys: KeyRing } {
  const line = formatKeyLine('k1', randomBytes(32));
  writeFileSync(`${folder}/ring`, line, { mode: 0o600 });
  const parsed = parseKeyRing(line);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return { dir: `${folder}/audit`, keys: parsed.ring };
}

export interface WriterWish {
  readonly name: string;
  readonly segmentBytes: number;
  /** In blocks of 512 bytes: no file may be longer. Node ignores SIGXFSZ, unless tap's own watch over children hears it. */
  readonly fileLimit?: number;
}

/** Starts a process that commits without end. */
export async function startWriter(t: WithTeardown, folder: string, wish: WriterWish): Promise<Child> {
  const args = [WRITER, folder, wish.name, String(wish.segmentBytes)];
  const child =
    wish.fileLimit === undefined
      ? startChild(t, execPath, args)
      : startChild(t, 'sh', [
          '-c',
          `unset NODE_OPTIONS; ulimit -f ${wish.fileLimit}; exec "$@"`,
          'sh',
          execPath,
          ...args,
        ]);
  await child.until('the trail', () => child.stdout.includes('ready\n'));
  return child;
}

/** What a writer was told is durable. */
export function acknowledgedBy(stdout: string): string[] {
  return stdout.split('\n').flatMap((said) => (said.startsWith('+') ? [said.slice(1)] : []));
}

/** Of these commits, those that a trail lacks; and the lines that are no records. */
export async function lookFor(
  roles: readonly string[],
  dir: string,
  options: { readonly keys: KeyRing; readonly from?: number },
): Promise<{ readonly missing: string[]; readonly torn: number; readonly broken: string[] }> {
  const lines = await linesOf(dir, options);
  const found = new Set(lines.map(({ line }) => /"user":\{[^}]*"name":"([^"]*)"/.exec(line)?.[1]));
  const faulty = lines.filter(({ problem }) => problem !== undefined);
  return {
    missing: roles.filter((role) => !found.has(role)),
    torn: faulty.filter(({ fault }) => fault === 'torn').length,
    broken: faulty.filter(({ fault }) => fault !== 'torn').map(({ problem }) => String(problem)),
  };
}
