import { existsSync } from 'node:fs';
import { readFile, realpath, rm } from 'node:fs/promises';
import { z } from 'zod';
import { ProvisionError } from '../provision/error.ts';
import type { Intent, Intents } from '../provision/ports.ts';
import { shownPath } from './config-file.ts';
import { LockError, takeLock } from './lock.ts';
import { errorCode, unless } from './system-error.ts';
import { writeFileAtomic } from './write-file.ts';

const PRIVATE = 0o600;

const names = z.array(z.string().min(1));
const SHAPE = z.strictObject({ project: z.string(), branch: z.string(), databases: names, roles: names });

/** `catalog.yaml.pending`: what was begun upstream and is not over. It is there only in between. */
export class PendingFile implements Intents {
  readonly #catalog: string;
  readonly #write: typeof writeFileAtomic;

  /** @param write for tests. */
  constructor(catalog: string, write: typeof writeFileAtomic = writeFileAtomic) {
    this.#catalog = catalog;
    this.#write = write;
  }

  async hold(): Promise<AsyncDisposable | undefined> {
    const path = await this.#path();
    try {
      return await takeLock(`${path}.lock`);
    } catch (error) {
      if (!(error instanceof LockError)) throw error;
      if (error.holder !== undefined) return undefined;
      throw unwritable(path, error.cause);
    }
  }

  async read(): Promise<Intent | undefined> {
    const path = await this.#path();
    const text = await unless(['ENOENT'], readFile(path, 'utf8'));
    if (text === undefined) return undefined;
    const parsed = SHAPE.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    throw new ProvisionError(
      `${shownPath(path)} is not as it was written: drop by hand what a broken-off command left on the cluster, then remove it`,
    );
  }

  async keep(intent: Intent): Promise<void> {
    const path = await this.#path();
    try {
      await this.#write(path, `${JSON.stringify(intent)}\n`, PRIVATE);
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  async clear(): Promise<void> {
    await rm(await this.#path(), { force: true });
  }

  /** Beside the catalog itself, not beside a link to it. */
  async #path(): Promise<string> {
    const catalog = existsSync(this.#catalog) ? await realpath(this.#catalog) : this.#catalog;
    return `${catalog}.pending`;
  }
}

function unwritable(path: string, cause: unknown): ProvisionError {
  const why = errorCode(cause) ?? 'unknown';
  return new ProvisionError(
    `cannot write ${shownPath(path)} (${why}), nothing was changed: make room, or let this user write there`,
    { cause },
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
