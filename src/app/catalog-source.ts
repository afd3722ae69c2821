import type { Logger } from 'pino';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { formatProblem, type Problem } from '../config/problem.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { watchCatalog } from '../store/watch-catalog.ts';
import { ConfigurationError } from './configuration-error.ts';

/** Where the gateway's catalog comes from; `current` may change at any moment, to another checked state. */
export interface CatalogSource {
  readonly current: CatalogSnapshot;
  /** Reads again, and keeps what there is where that fails. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** A catalog that came from environment variables, which do not change. */
export function fixedCatalog(current: CatalogSnapshot): CatalogSource {
  return { current, reload: () => Promise.resolve(), close: () => Promise.resolve() };
}

interface Surroundings {
  readonly env: Env;
  readonly log: Logger;
  /** Called after `current` has become another. */
  readonly changed: () => void;
}

/** @throws ConfigurationError where the first load finds problems; later ones go to the log. */
export async function openCatalogFile(
  location: CatalogLocation,
  around: Surroundings,
): Promise<CatalogSource> {
  const { env, log, changed } = around;
  let current: CatalogSnapshot;
  const opened = await watchCatalog(location, env, {
    onLoaded: (snapshot, warnings) => {
      current = snapshot;
      warn(log, warnings);
      log.info('catalog read again');
      changed();
    },
    onProblem: (problems) => {
      for (const problem of problems) log.error(formatProblem(problem));
      log.error('catalog not taken, the last good one stays');
    },
  });
  if ('problems' in opened) throw new ConfigurationError(opened.problems);
  current = opened.snapshot;
  warn(log, opened.warnings);
  return {
    get current() {
      return current;
    },
    reload: async () => {
      await opened.watch.reload();
    },
    close: () => opened.watch[Symbol.asyncDispose](),
  };
}

function warn(log: Logger, warnings: readonly Problem[]): void {
  for (const warning of warnings) log.warn(formatProblem(warning));
}
