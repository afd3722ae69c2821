import { randomBytes, randomInt } from 'node:crypto';
import type { Document } from 'yaml';
import { newBranchId, newEndpointId, newProjectId } from '../catalog/ids.ts';
import { generatePassword } from '../passwords/generate.ts';
import {
  DEFAULT_ITERATIONS,
  makeVerifier,
  parseVerifier,
  SALT_LENGTH,
  type Verifier,
} from '../scram/verifier.ts';
import { newCatalog, parseCatalogDocument, writtenVerifier } from './catalog.ts';
import { type DevLogin, readLogin } from './credentials.ts';
import { DevError } from './error.ts';
import { type DevPaths, readIfThere } from './files.ts';

/** What dev's own database is called, and the role that owns it. */
const OWN = { role: 'app', database: 'app' } as const;

/** The role and database in front of which `dev` stands; undefined: its own. */
export type Target = Pick<DevLogin, 'role' | 'database'> | undefined;

/**
 * The folder's login; a new one, not yet written, where there is none.
 * @throws DevError where the folder was made for something else.
 */
export async function ensureLogin(paths: DevPaths, target: Target): Promise<DevLogin> {
  const known = await readLogin(paths.login);
  if (known === undefined) return newLogin(target);
  if (target === undefined) return known;
  if (known.embedded) {
    throw new DevError(
      `${paths.login} is of a database of its own: give --dir another folder for --upstream`,
    );
  }
  if (known.role !== target.role || known.database !== target.database) {
    throw new DevError(
      `${paths.login} is for role ${known.role} in database ${known.database}: give --dir another folder for this URL`,
    );
  }
  return known;
}

function newLogin(target: Target): DevLogin {
  return {
    project: newProjectId(randomInt),
    branch: newBranchId(randomInt),
    endpoint: newEndpointId(randomInt),
    ...(target ?? OWN),
    password: generatePassword(randomBytes),
    embedded: target === undefined,
  };
}

/** The folder's catalog and the verifier in it; new ones, not yet written, where there are none. */
export async function ensureCatalog(
  paths: DevPaths,
  login: DevLogin,
): Promise<{ document: Document; verifier: Verifier }> {
  const text = await readIfThere(paths.catalog);
  if (text === undefined) {
    const verifier = await makeVerifier(login.password, randomBytes(SALT_LENGTH), DEFAULT_ITERATIONS);
    return { document: newCatalog(login, verifier), verifier };
  }
  const document = parseCatalogDocument(paths.catalog, text);
  const verifier = parseVerifier(writtenVerifier(document, login));
  if (verifier !== undefined) return { document, verifier };
  throw new DevError(
    `${paths.catalog}: the verifier of role ${login.role} is damaged: remove the file to have it made again`,
  );
}
