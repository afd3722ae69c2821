import { randomBytes } from 'node:crypto';
import type { Document } from 'yaml';
import { formatLogin } from '../config/login-text.ts';
import { seal } from '../config/sealed.ts';
import { roleSecret } from '../config/secret-owner.ts';
import {
  applyWish,
  type DevWish,
  parseCatalogDocument,
  type WrittenCluster,
  writeCatalog,
} from './catalog.ts';
import type { Cluster } from './cluster.ts';
import { type DevLogin, readLogin, writeLogin } from './credentials.ts';
import { type DevDatabaseOptions, openDevDatabase } from './database.ts';
import { type DevPaths, ensureIgnore, readIfThere } from './files.ts';
import { ensureKeyRing } from './key-file.ts';
import { lockCatalog } from './lock.ts';
import { ensureCatalog, ensureLogin } from './login.ts';
import type { ExternalUpstream } from './upstream.ts';

export interface Preparation {
  readonly dir: string;
  readonly paths: DevPaths;
  readonly external: ExternalUpstream | undefined;
  readonly allow: readonly string[] | undefined;
  readonly ears: Pick<DevDatabaseOptions, 'note' | 'log' | 'signal'>;
}

/** What stands behind the gateway when it opens. */
export interface Prepared {
  readonly login: DevLogin;
  /** The folder's own database, running; undefined in front of another. */
  readonly cluster: Cluster | undefined;
}

/**
 * Finds or makes login, catalog and, where the folder has one of its own, the database; brings catalog.yaml in
 * line with this run.
 * @throws DevError; nothing is left running then.
 */
export async function prepare(preparation: Preparation): Promise<Prepared> {
  const { dir, paths, external, allow, ears } = preparation;
  const login = await ensureLogin(paths, external);
  const { document, verifier } = await ensureCatalog(paths, login);
  const ring = await ensureKeyRing(paths.catalogKey);
  const { role, database } = login;
  const cluster = login.embedded
    ? await openDevDatabase({ dir, role, database, verifier, ...ears })
    : undefined;
  try {
    const owner = roleSecret(login.project, login.branch, role);
    const sealed = external?.login && seal(ring, { secret: formatLogin(external.login), owner }, randomBytes);
    const wish: DevWish = {
      cluster: cluster && clusterOf(cluster),
      upstream: upstreamOf(cluster, external),
      sealed,
      allow,
    };
    const kept = await bringInLine(preparation, { login, document, wish });
    await ensureIgnore(paths);
    return { login: kept, cluster };
  } catch (error) {
    await cluster?.stop();
    throw error;
  }
}

/**
 * Somebody may have edited the catalog, or given the role a new password, while the database started: what counts is
 * what is there now. The login is kept before the catalog names its role: a catalog without it would lead nowhere.
 */
async function bringInLine(
  { paths }: Preparation,
  made: { readonly login: DevLogin; readonly document: Document; readonly wish: DevWish },
): Promise<DevLogin> {
  await using _lock = await lockCatalog(paths.catalog);
  const text = await readIfThere(paths.catalog);
  const document = text === undefined ? made.document : parseCatalogDocument(paths.catalog, text);
  applyWish(document, made.login, made.wish);
  const known = await readLogin(paths.login);
  if (known === undefined) await writeLogin(paths.login, made.login);
  await writeCatalog(paths.catalog, document);
  return known ?? made.login;
}

/** The superuser is let in by the operating system's word (peer), over a socket that is for this account alone. */
function clusterOf({ socketDir, port }: Cluster): WrittenCluster {
  return {
    host: socketDir,
    port,
    role: 'postgres',
    require_auth: ['none'],
    provisioner: 'template',
    // An application under development is connected all day long.
    parent_sessions: 'drain',
  };
}

function upstreamOf(
  cluster: Cluster | undefined,
  external: ExternalUpstream | undefined,
): DevWish['upstream'] {
  return cluster === undefined ? external?.written : { host: cluster.socketDir, port: cluster.port };
}
