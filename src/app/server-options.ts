import type { Logger } from 'pino';
import type { ServerConfig } from '../config/server-config.ts';
import type { Audit } from './audit.ts';
import type { CatalogSource } from './catalog-source.ts';

export interface ServerOptions {
  readonly config: ServerConfig;
  readonly catalog: CatalogSource;
  readonly audit: Audit;
  /** Absolute path of the control socket; undefined: none. */
  readonly controlSocket: string | undefined;
  readonly log: Logger;
}
