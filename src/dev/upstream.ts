import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { UpstreamTarget } from '../catalog/model.ts';
import { Secret } from '../catalog/secret.ts';
import { parseUpstreamUrl } from '../config/upstream-url.ts';
import { ConnectionClosed } from '../legs/leg.ts';
import { dial } from '../net/dial.ts';
import { passwordKeys } from '../scram/credentials.ts';
import { formatNonce, NONCE_LENGTH } from '../scram/messages.ts';
import { errorCode } from '../store/system-error.ts';
import { UpstreamError, UpstreamLoginRefused } from '../upstream/failures.ts';
import { openSession } from '../upstream/open-session.ts';
import { UpstreamUnreachable } from '../upstream/ports.ts';
import { StartupParameters } from '../wire/startup-packet.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import type { WrittenUpstream } from './catalog.ts';
import { DevError } from './error.ts';

/** How long the first login may take, in ms. */
const PROBE_MS = 10_000;

/** A PostgreSQL that `--upstream` names. */
export interface ExternalUpstream {
  readonly role: string;
  readonly database: string;
  readonly password: Secret | undefined;
  /** As it goes into catalog.yaml. */
  readonly written: WrittenUpstream;
}

/**
 * Reads `--upstream`, the password from PGPASSWORD where the URL has none, and logs in once, so that a mistake
 * is told now and not to the first client.
 * @throws DevError, which never quotes the URL.
 */
export async function reachUpstream(url: string, env: NodeJS.ProcessEnv): Promise<ExternalUpstream> {
  const parsed = parseUpstreamUrl(url, { file: '--upstream', base: process.cwd(), env, readFile });
  if ('problems' in parsed) throw new DevError(`--upstream ${parsed.problems.join('; ')}`);
  const { role, password: given } = parsed.authQuery;
  const password = given ?? (env['PGPASSWORD'] ? new Secret(env['PGPASSWORD']) : undefined);
  const { pathname, searchParams } = new URL(url);
  // As libpq: without one, the database is called as the role is.
  const database = pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : role;
  await probe(parsed.target, { role, database, password });
  const rootCert = searchParams.get('sslrootcert') ?? undefined;
  return { role, database, password, written: writtenOf(parsed.target, rootCert) };
}

function writtenOf(target: UpstreamTarget, rootCert: string | undefined): WrittenUpstream {
  const local = target.host.startsWith('/');
  return {
    host: target.host,
    port: target.port,
    ...(local ? {} : { sslmode: target.sslmode }),
    ...(rootCert === undefined || rootCert === 'system' ? {} : { sslrootcert: resolve(rootCert) }),
    require_auth: [...target.requireAuth],
    channel_binding: target.channelBinding,
  };
}

async function probe(
  target: UpstreamTarget,
  login: Pick<ExternalUpstream, 'role' | 'database' | 'password'>,
): Promise<void> {
  const { role, database, password } = login;
  const settings = { user: role, database, application_name: 'portcullis' };
  const request = {
    target,
    version: { major: 3, minor: 0 },
    parameters: new StartupParameters(new Map()).with(settings),
    credentials: { role, password, scram: password && passwordKeys(password.reveal()) },
    nonce: formatNonce(randomBytes(NONCE_LENGTH)),
  };
  try {
    const session = await openSession(dial, request, AbortSignal.timeout(PROBE_MS));
    session.leg.destroy();
  } catch (error) {
    throw new DevError(`cannot log in upstream: ${reason(error)}`, { cause: error });
  }
}

/** What a person can do about it. */
function reason(error: unknown): string {
  if (error instanceof UpstreamLoginRefused)
    return `${error.message} (the password may come from PGPASSWORD)`;
  if (error instanceof UpstreamUnreachable && error.message.includes('does not speak TLS')) {
    return `${error.message}; add ?sslmode=disable to the URL if the way there is safe`;
  }
  if (error instanceof UpstreamUnreachable || error instanceof UpstreamError) return error.message;
  if (error instanceof ProtocolViolation || error instanceof ConnectionClosed)
    return `it broke off: ${error.message}`;
  return `no answer within ${PROBE_MS / 1000} s`;
}

function readFile(path: string): { readonly text: string } | { readonly problem: string } {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { problem: `cannot be read (${errorCode(error) ?? 'unknown error'})` };
  }
}
