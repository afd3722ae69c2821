import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import type { CatalogLocation } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { dial } from '../net/dial.ts';
import { programs } from '../programs/pg-dump.ts';
import { ClusterProvisioner, type ProvisionerOptions } from '../provision/cluster-provisioner.ts';
import { ProvisionError } from '../provision/error.ts';
import { CatalogFileDesk } from '../store/catalog-desk.ts';
import { CatalogNotWritten, UnusableCatalog } from '../store/catalog-errors.ts';
import { PendingFile } from '../store/pending-file.ts';

/** Who makes branches upstream for those who change this catalog. */
export function provisionerFor(
  { file }: CatalogLocation,
  options: Omit<ProvisionerOptions, 'dial' | 'intents' | 'programs'>,
): ClusterProvisioner {
  return new ClusterProvisioner({ ...options, dial, programs, intents: new PendingFile(file) });
}

/**
 * Ends what a command that was killed has begun upstream. A gateway starts all the same where that cannot be done now:
 * the log says why.
 */
export async function settleAtStart(location: CatalogLocation, env: Env, log: Logger): Promise<void> {
  if (!existsSync(`${location.file}.pending`)) return;
  const provisioner = provisionerFor(location, {
    signal: new AbortController().signal,
    drain: false,
    tell: () => {},
    warn: (problem) => log.warn({ problem }, 'a branch is not settled upstream'),
  });
  const desk = new CatalogFileDesk(location, { env });
  try {
    await using _lock = await desk.lock();
    await provisioner.settle(desk.read());
  } catch (error) {
    const known = [CatalogNotWritten, UnusableCatalog, ProvisionError];
    if (!known.some((kind) => error instanceof kind) || !(error instanceof Error)) throw error;
    log.warn({ problem: error.message }, 'a branch is not settled upstream');
  }
}
