import type { AuditConfig } from '../config/audit.ts';
import type { Env } from '../config/surroundings.ts';
import { loadEnvironment, loadServerConfig } from '../store/config-file.ts';
import { ConfigurationError } from './configuration-error.ts';
import { controlSocketOf } from './control-client.ts';

/** Where a configuration keeps its audit trail. */
export interface AuditPlace {
  readonly audit: AuditConfig;
  /** Where a running gateway listens for orders; undefined: it came from variables, and there is no such place. */
  readonly controlSocket: string | undefined;
}

/**
 * @param path portcullis.yaml; undefined: the environment's variables.
 * @throws ConfigurationError
 */
export async function auditPlace(path: string | undefined, env: Env): Promise<AuditPlace> {
  const parsed = path === undefined ? await loadEnvironment(env) : await loadServerConfig(path, env);
  if ('problems' in parsed) throw new ConfigurationError(parsed.problems);
  const { audit } = 'sidecar' in parsed ? parsed.sidecar.config : parsed.config;
  return { audit, controlSocket: path === undefined ? undefined : controlSocketOf(path) };
}
