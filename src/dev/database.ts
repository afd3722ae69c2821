import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatVerifier } from '../scram/verifier.ts';
import { unless } from '../store/system-error.ts';
import { writeFileAtomic } from '../store/write-file.ts';
import { serverAccount } from './account.ts';
import { embeddedBinaries } from './binaries.ts';
import { type DevCredentials, devBootstrap, devVerifier } from './bootstrap.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { databasePlace, type PlaceOptions } from './place.ts';

const PRIVATE = 0o600;

export interface DevDatabaseOptions extends DevCredentials, PlaceOptions {
  /** dev's `--dir`, made and locked by the caller. */
  readonly dir: string;
  /** Lines of the server's log. */
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Dev's own PostgreSQL 18, running, with role and database; what an earlier run made is found again. A verifier
 * that is another than last time's is given to the role before the start.
 *
 * @throws DevError; the reason of `signal` when aborted. Nothing is left running then.
 */
export async function openDevDatabase(options: DevDatabaseOptions): Promise<Cluster> {
  const { dir, log, signal } = options;
  const account = await serverAccount(join(dir, 'postgres', 'data'));
  const binaries = await embeddedBinaries(account);
  const { parent, dataDir, socketDir } = await databasePlace(dir, account, options);
  const known = join(parent, 'verifier.sha256');
  const fingerprint = fingerprintOf(options);
  const isKnown = (await unless(['ENOENT'], readFile(known, 'utf8'))) === fingerprint;
  const cluster = await openCluster({
    account,
    binaries,
    dataDir,
    socketDir,
    bootstrapSql: devBootstrap(options),
    beforeStartSql: isKnown ? [] : devVerifier(options),
    log,
    signal,
  });
  try {
    if (!isKnown) await writeFileAtomic(known, fingerprint, PRIVATE);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

/** Tells one verifier of one role from another, and nothing else: salt and keys cannot be guessed from it. */
function fingerprintOf({ role, verifier }: DevCredentials): string {
  const text = `${role}\n${formatVerifier(verifier)}`;
  return `${createHash('sha256').update(text).digest('hex')}\n`;
}
