import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, unless } from '../store/system-error.ts';
import { writeFileAtomic } from '../store/write-file.ts';
import type { TrailRecord } from './sink.ts';

/** The last record that a sink never has to send again. */
export type Position = Pick<TrailRecord, 'chain' | 'sequence' | 'uid'>;

const FOLDER = 'positions';
/** A position has some 120 bytes. */
const MAX_LENGTH = 4096;

/** Where a sink stands, in a file of the audit directory: `positions/<sink>.json`. */
export class PositionFile {
  readonly #folder: string;
  readonly #path: string;

  /** @param dir the audit directory. */
  constructor(dir: string, sink: string) {
    this.#folder = join(dir, FOLDER);
    this.#path = join(this.#folder, `${sink}.json`);
  }

  /**
   * @returns undefined where there is none; one that cannot be understood counts as none: sending records twice is
   * better than leaving some out.
   * @throws what the file system says, but for a file that is missing.
   */
  async read(): Promise<Position | undefined> {
    const text = await unless(['ENOENT'], readFile(this.#path, 'utf8'));
    return text === undefined || text.length > MAX_LENGTH ? undefined : positionIn(text);
  }

  /** @throws what the file system says. */
  async write({ chain, sequence, uid }: Position): Promise<void> {
    const text = `${JSON.stringify({ chain, sequence, uid })}\n`;
    try {
      await writeFileAtomic(this.#path, text, 0o600);
    } catch (error) {
      // The first time, or somebody has removed the directory.
      if (errorCode(error) !== 'ENOENT') throw error;
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFileAtomic(this.#path, text, 0o600);
    }
  }
}

function positionIn(text: string): Position | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { chain, sequence, uid } = value as Record<string, unknown>;
  if (typeof chain !== 'string' || typeof uid !== 'string') return undefined;
  return typeof sequence === 'number' && Number.isSafeInteger(sequence) && sequence > 0
    ? { chain, sequence, uid }
    : undefined;
}
