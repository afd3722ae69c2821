import type { UpstreamTarget } from '../catalog/model.ts';
import type { Secret } from '../catalog/secret.ts';

/**
 * What was begun upstream and is not over: names only. Kept on disk from before the first statement until catalog
 * and server agree again, so that whoever finds it knows what may stand there too much.
 */
export interface Intent {
  /** Ids. */
  readonly project: string;
  readonly branch: string;
  /** Databases that were being made, or are to go. */
  readonly databases: readonly string[];
  /** Roles of the cluster that were being made or changed. */
  readonly roles: readonly string[];
}

/** Where the one intent is kept. */
export interface Intents {
  /** For whoever makes, removes or settles: one at a time. Undefined where another process does so now. */
  hold(): Promise<AsyncDisposable | undefined>;
  /** @throws where there is one that cannot be read. */
  read(): Promise<Intent | undefined>;
  /** Durable when it returns. @throws where it cannot be kept. */
  keep(intent: Intent): Promise<void>;
  clear(): Promise<void>;
}

/** Who logs in where, for a program of PostgreSQL's. */
export interface ProgramLogin {
  readonly target: UpstreamTarget;
  readonly role: string;
  readonly password: Secret | undefined;
  readonly database: string;
  /** `-c name=value …` */
  readonly options: string;
}

/** Programs that come with PostgreSQL. */
export interface Programs {
  /**
   * `pg_dump | pg_restore`. The restore is one transaction, and runs whatever the dump says as its own role.
   * @param serverMajor an older pg_dump refuses a newer server.
   * @throws ProvisionError where they are missing, too old, or fail.
   */
  dumpAndRestore(
    from: ProgramLogin,
    to: ProgramLogin,
    around: { readonly serverMajor: number; readonly signal: AbortSignal },
  ): Promise<void>;
}
