import { provisionerFor } from '../app/provisioning.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import type { Provisioner } from '../control/ports.ts';
import { ProvisionError } from '../provision/error.ts';
import { Progress } from './progress.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs work that may change the upstream: a terminal sees how far it is, and Ctrl-C takes back what was begun.
 * @param warn hears warnings once the line of the terminal is free.
 */
export async function withProvisioner<Result>(
  location: CatalogLocation,
  { drain, warn }: { readonly drain: boolean; readonly warn: (problem: string) => void },
  work: (provisioner: Provisioner) => Promise<Result>,
): Promise<Result> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new ProvisionError('interrupted, and taken back'));
  const problems = new Set<string>();
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    using progress = new Progress(process.stderr);
    const provisioner = provisionerFor(location, {
      signal: interrupted.signal,
      drain,
      tell: (step) => progress.tell(step),
      warn: (problem) => problems.add(problem),
    });
    return await work(provisioner);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    for (const problem of problems) warn(problem);
  }
}
