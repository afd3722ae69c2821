import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { fileProblem } from '../config/problem.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { type LoadedCatalog, loadCatalog } from './catalog-file.ts';
import { type CatalogParcel, unpackCatalog } from './catalog-parcel.ts';
import type { CatalogQuestion } from './catalog-worker.ts';
import { shownPath } from './config-file.ts';
import { errorCode } from './system-error.ts';

const WORKER = new URL('./catalog-worker.ts', import.meta.url);

/**
 * Bytes of a catalog that is read in place: it takes up to 30 ms. Whatever is larger is read in a thread of its own,
 * which takes 0.2 s longer, so that live sessions do not wait.
 */
const SMALL = 16_384;

/** MB. The largest catalog there may be, 4 MiB, takes about 300. */
const MAX_HEAP = 1024;

export interface LoadOptions {
  /** Aborted: the thread ends, and what is returned means nothing. */
  readonly signal: AbortSignal;
  /** For tests. */
  readonly worker?: URL | undefined;
  readonly small?: number | undefined;
}

/** As `loadCatalog`, without keeping the event loop for long. Never rejects. */
export async function loadAside(
  location: CatalogLocation,
  env: Env,
  { signal, worker = WORKER, small = SMALL }: LoadOptions,
): Promise<LoadedCatalog> {
  if (sizeOf(location.file) <= small) return loadCatalog(location, env);
  try {
    return unpackCatalog(await answerOf({ location, env }, worker, signal));
  } catch (error) {
    return failed(location, error);
  }
}

/** The thread had too little memory, say. Only the error's kind is told: its text could hold part of the catalog. */
function failed({ file, keyFile }: CatalogLocation, error: unknown): LoadedCatalog {
  const kind = errorCode(error) ?? (error instanceof Error ? error.name : 'no error');
  const message = `could not be read in a thread of its own (${kind}): it is tried again`;
  return {
    outcome: { problems: [fileProblem(shownPath(file), message)] },
    files: keyFile === undefined ? [file] : [file, keyFile],
    digest: message,
  };
}

function answerOf(question: CatalogQuestion, url: URL, signal: AbortSignal): Promise<CatalogParcel> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(url, {
      name: 'catalog',
      env: {},
      workerData: question,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP },
    });
    const stop = (): void => void worker.terminate();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => {
      signal.removeEventListener('abort', stop);
      reject(new Error('ended without an answer'));
    });
  });
}

/** Of what cannot be looked at, reading tells why. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
