import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { UpstreamLogin, UpstreamTarget } from '../catalog/model.ts';
import { Secret } from '../catalog/secret.ts';
import { parseUpstreamUrl } from '../config/upstream-url.ts';
import { dial } from '../net/dial.ts';
import { errorCode } from '../store/system-error.ts';
import { UpstreamLoginRefused } from '../upstream/failures.ts';
import { UpstreamUnreachable } from '../upstream/ports.ts';
import { type Candidate, LoginNotProven, proveLogin } from '../upstream/prove-login.ts';
import type { WrittenUpstream } from './catalog.ts';
import { DevError } from './error.ts';

/** A PostgreSQL that `--upstream` names. */
export interface ExternalUpstream {
  readonly role: string;
  readonly database: string;
  /** `undefined`: none is needed there. */
  readonly login: UpstreamLogin | undefined;
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
  // As libpq: without one, the database is called as the role is.
  const { target, database = role, rootCertFile } = parsed;
  const login = await proven(target, { role, database, password });
  return { role, database, login, written: writtenOf(target, rootCertFile) };
}

function writtenOf(target: UpstreamTarget, rootCert: string | undefined): WrittenUpstream {
  const local = target.host.startsWith('/');
  return {
    host: target.host,
    port: target.port,
    ...(local ? {} : { sslmode: target.sslmode }),
    ...(rootCert === undefined ? {} : { sslrootcert: resolve(rootCert) }),
    require_auth: [...target.requireAuth],
    channel_binding: target.channelBinding,
  };
}

async function proven(target: UpstreamTarget, candidate: Candidate): Promise<UpstreamLogin | undefined> {
  try {
    const keys = await proveLogin(dial, target, candidate);
    return keys === undefined ? candidate.password && { password: candidate.password } : { keys };
  } catch (error) {
    if (!(error instanceof LoginNotProven)) throw error;
    throw new DevError(`cannot log in upstream: ${error.message}${hint(error.cause)}`, { cause: error });
  }
}

/** What a person can do about it. */
function hint(cause: unknown): string {
  if (cause instanceof UpstreamLoginRefused) return ' (the password may come from PGPASSWORD)';
  if (cause instanceof UpstreamUnreachable && cause.message.includes('does not speak TLS'))
    return '; add ?sslmode=disable to the URL if the way there is safe';
  return '';
}

function readFile(path: string): { readonly text: string } | { readonly problem: string } {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { problem: `cannot be read (${errorCode(error) ?? 'unknown error'})` };
  }
}
