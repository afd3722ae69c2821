import { randomBytes } from 'node:crypto';
import { chmod, chown, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, serverAccount } from '../src/dev/account.ts';
import { formatVerifier, makeVerifier, SALT_LENGTH } from '../src/scram/verifier.ts';
import { selfSigned } from '../test/support/openssl.ts';
import { passableFolder, startEmbedded, type WithTeardown } from '../test/support/postgres.ts';
import type { Candidate, Upstream } from './candidate.ts';
import type { Tools } from './packages.ts';

export const ROLE = 'app';
export const DATABASE = 'postgres';
export const PASSWORD = randomBytes(16).toString('hex');
const ITERATIONS = 4096;
/** More than any work opens at a time. */
const MAX_CONNECTIONS = 300;

/** What all candidates have in common: a folder, a certificate, a role, whoever runs what may not be root. */
export interface Stage extends WithTeardown {
  readonly tools: Tools;
  /** Removed at the end. */
  readonly folder: string;
  /** P-256, self-signed, for 127.0.0.1 and localhost; each candidate serves it. */
  readonly certificate: { readonly cert: string; readonly key: string };
  /** The same, of the account's. */
  readonly lent: { readonly cert: string; readonly key: string };
  readonly account: Account;
  /** The role's, as PostgreSQL, PgBouncer and the catalog hold it. */
  readonly verifier: string;
}

export async function setStage(t: WithTeardown, tools: Tools): Promise<Stage> {
  const folder = await passableFolder(t);
  const account = await serverAccount();
  const certificate = await selfSigned(folder, 'bench', { san: 'DNS:localhost,IP:127.0.0.1' });
  const lent = { cert: join(folder, 'lent.crt'), key: join(folder, 'lent.key') };
  for (const name of ['cert', 'key'] as const) {
    await copyFile(certificate[name], lent[name]);
    await chmod(lent[name], name === 'key' ? 0o600 : 0o644);
    if (process.geteuid?.() === 0) await chown(lent[name], account.uid, account.gid);
  }
  const verifier = formatVerifier(await makeVerifier(PASSWORD, randomBytes(SALT_LENGTH), ITERATIONS));
  return { teardown: (work) => t.teardown(work), tools, folder, certificate, lent, account, verifier };
}

/** PostgreSQL, on its socket for the proxies, and on TCP with TLS for those who come directly. */
export async function startPostgres(stage: Stage): Promise<{ upstream: Upstream; direct: Candidate }> {
  const { certificate, verifier } = stage;
  const [cert, key] = await Promise.all(
    [certificate.cert, certificate.key].map((path) => readFile(path, 'utf8')),
  );
  if (cert === undefined || key === undefined) throw new Error('no certificate');
  const { cluster, socketDir, port } = await startEmbedded(stage, {
    settings: { max_connections: `${MAX_CONNECTIONS}`, shared_buffers: '256MB' },
    bootstrapSql: [`CREATE ROLE ${ROLE} LOGIN SUPERUSER PASSWORD '${verifier}'`],
    tcp: { tls: { cert, key } },
  });
  const stop = (): Promise<void> => cluster.stop('immediate');
  return {
    upstream: { socketDir, port, asksProof: true },
    direct: { name: 'direct', port, pid: undefined, binds: true, stop },
  };
}
