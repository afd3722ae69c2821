import type { AuthQuery, UpstreamTarget } from '../catalog/model.ts';
import { Secret } from '../catalog/secret.ts';
import { MAX_NAME_BYTES } from '../wire/limits.ts';
import { toTarget } from './catalog-model.ts';
import { upstream } from './catalog-upstream.ts';
import { isHost } from './listen-address.ts';
import { quoted } from './problem.ts';
import { unknownWord } from './suggestion.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * libpq's parameters that mean something to the gateway. `host` and `port` count before what stands at their place in
 * the URI (PostgreSQL manual, 34.1.1.2); `host` may name a Unix socket's folder.
 */
const PARAMETERS = ['host', 'port', 'sslmode', 'sslrootcert', 'channel_binding', 'require_auth'];
/** No name of a host. */
const NO_HOST = '-';
const DEFAULT_DATABASE = 'postgres';
/** libpq's word for the authorities that the system believes (PostgreSQL manual, 34.1.2). */
const SYSTEM = 'system';

export interface UpstreamUrl {
  readonly target: UpstreamTarget;
  readonly authQuery: AuthQuery;
  /** `undefined`: none is named. */
  readonly database: string | undefined;
  /** The file of `sslrootcert`, as it is written; `undefined`: the runtime's own authorities. */
  readonly rootCertFile: string | undefined;
}

/**
 * Reads libpq's connection URI (PostgreSQL manual, 34.1.1.2), `postgres://role:password@host:port/database`,
 * of one host; its role is the one that asks for verifiers. A problem never quotes the URI, save for the names
 * of its parameters: a password may be anywhere in it.
 */
export function parseUpstreamUrl(
  text: string,
  surroundings: Surroundings,
): UpstreamUrl | { readonly problems: readonly string[] } {
  const url = readUrl(text);
  if (url === undefined) {
    return {
      problems: [
        'is not a URL postgres://role:password@host:5432/database: percent-encode what is special in it',
      ],
    };
  }
  const parts = decoded(url);
  if (parts === undefined)
    return { problems: ['has a % that encodes nothing: write %25 for a percent sign'] };
  const problems = faultsOf(url, parts);
  const target = upstream(surroundings).safeParse(written(url, parts.host));
  if (!target.success) problems.push(...target.error.issues.map(({ path, message }) => told(path, message)));
  if (!target.success || problems.length > 0) return { problems };
  const rootCert = url.searchParams.get('sslrootcert');
  return {
    target: toTarget(target.data, undefined),
    authQuery: authQueryOf(parts),
    database: parts.database === '' ? undefined : parts.database,
    rootCertFile: rootCert === null || rootCert === SYSTEM ? undefined : rootCert,
  };
}

interface Parts {
  readonly role: string;
  readonly password: string;
  readonly host: string;
  readonly database: string;
}

function readUrl(text: string): URL | undefined {
  // WHATWG's parser would drop tabs and line breaks, and with them a part of a password.
  if (/[\p{Cc} ]/u.test(text)) return undefined;
  // Nor would it have a role without a host, as libpq has where `host` is a parameter.
  const url = URL.parse(text.replace(/^([a-z]+:\/\/[^/?#]*@)(?=[/?]|$)/, `$1${NO_HOST}`));
  if (url === null) return undefined;
  return url.protocol === 'postgres:' || url.protocol === 'postgresql:' ? url : undefined;
}

function decoded(url: URL): Parts | undefined {
  try {
    return {
      role: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      host: url.searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
      database: decodeURIComponent(url.pathname.slice(1)),
    };
  } catch {
    return undefined;
  }
}

function faultsOf(url: URL, { role, host, database }: Parts): string[] {
  const problems: string[] = [];
  if (url.hash !== '') problems.push('has a # in it: write %23');
  if (role === '') problems.push('names no role: write postgres://role:password@host');
  if (!host.startsWith('/') && !isHost(host))
    problems.push('names no host, or one that cannot be: write one host');
  for (const [what, name] of Object.entries({ role, database })) {
    if (name.includes('\0') || Buffer.byteLength(name) > MAX_NAME_BYTES) {
      problems.push(`names a ${what} that PostgreSQL cannot have: at most ${MAX_NAME_BYTES} bytes, no NUL`);
    }
  }
  const names = [...url.searchParams.keys()];
  for (const name of new Set(names)) {
    if (!PARAMETERS.includes(name)) problems.push(unknownWord('parameter', name, PARAMETERS));
    else if (names.filter((each) => each === name).length > 1)
      problems.push(`has ${quoted(name)} twice: remove one`);
  }
  return problems;
}

/** The parameters as a branch's `upstream` would have them, to be checked by the same rules. */
function written(url: URL, host: string): Record<string, unknown> {
  const methods = url.searchParams.get('require_auth')?.split(',');
  const values = {
    // A wrong one is told without quoting it.
    host: host.startsWith('/') || isHost(host) ? host : 'unknown',
    port: portOf(url),
    sslmode: url.searchParams.get('sslmode') ?? undefined,
    sslrootcert: url.searchParams.get('sslrootcert') ?? undefined,
    channel_binding: url.searchParams.get('channel_binding') ?? undefined,
    require_auth: methods,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Not a number that may be one: NaN, which the rules of a port then tell of. Empty is the default, as in libpq. */
function portOf(url: URL): number | undefined {
  const text = url.searchParams.get('port') ?? url.port;
  if (text === '') return undefined;
  return /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
}

function told(path: readonly PropertyKey[], message: string): string {
  return message.startsWith('must ') ? `has ${String(path[0])}, which ${message}` : message;
}

function authQueryOf({ role, password, database }: Parts): AuthQuery {
  return {
    role,
    password: password === '' ? undefined : new Secret(password),
    database: database === '' ? DEFAULT_DATABASE : database,
    query: undefined,
    superusers: false,
    replicationRoles: false,
  };
}
