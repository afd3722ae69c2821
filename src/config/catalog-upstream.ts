import { z } from 'zod';
import { rootCertificates, SECRET_FORMS, secret, upstreamHost } from './catalog-fields.ts';
import { integer, keys, listOf, oneOf, postgresName } from './fields.ts';
import type { CatalogSurroundings, Surroundings } from './surroundings.ts';

/** PostgreSQL's own (manual, 19.3.1). */
export const DEFAULT_PORT = 5432;
/** sun_path of <sys/un.h> less its NUL, 108 bytes on Linux; the socket's own name goes behind the folder. */
const MAX_SOCKET_PATH = 107;

/** A branch's `upstream`. */
export function upstream(surroundings: Surroundings) {
  const database = z
    .record(postgresName('database'), postgresName('database'), {
      error: 'must be a mapping of database names',
    })
    .refine((map) => Object.keys(map).length > 0, {
      error: 'must not be empty: remove it to reach every database',
    })
    .optional()
    .describe("Clients' names and the upstream's; only these are reachable.");
  return keys({ ...connection(surroundings), database }).superRefine(refuseFaults);
}

/** A project's `cluster`. */
export function cluster(surroundings: CatalogSurroundings) {
  return keys({
    ...connection(surroundings),
    role: postgresName('role').describe('Role that may create databases and roles.'),
    password: secret(surroundings).optional().describe(`Its password, ${SECRET_FORMS}.`),
    database: postgresName('database')
      .default('postgres')
      .describe('Database to connect to where no other is meant.'),
    provisioner: oneOf(['external', 'template', 'dump'])
      .default('external')
      .describe('How a branch gets its data; external: it is there already.'),
    parent_sessions: oneOf(['hold', 'drain'])
      .default('hold')
      .describe('Sessions that stand in the way of a copy: they end by themselves, or are ended.'),
  }).superRefine(refuseFaults);
}

export type WrittenUpstream = Omit<z.output<ReturnType<typeof upstream>>, 'database'>;

/** How a PostgreSQL is reached. */
function connection(surroundings: Surroundings) {
  return {
    host: upstreamHost().describe('Host, or folder of a Unix socket.'),
    port: integer(1, 65_535).default(DEFAULT_PORT).describe('Port.'),
    sslmode: oneOf(['disable', 'require', 'verify-ca', 'verify-full'])
      .optional()
      .describe('As in libpq; verify-full, on Unix sockets disable.'),
    sslrootcert: rootCertificates(surroundings)
      .optional()
      .describe("Path of the authorities' PEM file, or system for the runtime's own, the default."),
    require_auth: listOf(oneOf(['scram-sha-256', 'md5', 'password', 'none']))
      .min(1, { error: 'must not be empty: scram-sha-256 is the default' })
      .default(['scram-sha-256'])
      .describe('Logins that the gateway takes part in.'),
    proxy_protocol: oneOf(['off', 'v1', 'v2'])
      .default('off')
      .describe("PROXY header that tells the upstream the client's address."),
    channel_binding: oneOf(['disable', 'prefer', 'require']).default('prefer').describe('As in libpq.'),
  };
}

function refuseFaults(written: Connection, context: z.RefinementCtx): void {
  for (const { key, message } of upstreamFaults(written))
    context.addIssue({ code: 'custom', path: [key], message });
}

interface Connection {
  readonly host: string;
  readonly port: number;
  readonly sslmode?: string | undefined;
  readonly channel_binding: string;
  readonly proxy_protocol: string;
}

/** What libpq would take and leave without effect, and what could not be done. */
function upstreamFaults({
  host,
  port,
  sslmode,
  channel_binding,
  proxy_protocol,
}: Connection): { key: string; message: string }[] {
  const faults: { key: string; message: string }[] = [];
  const local = host.startsWith('/');
  if (local && sslmode !== undefined && sslmode !== 'disable') {
    faults.push({ key: 'sslmode', message: 'a Unix socket has no TLS: remove sslmode' });
  }
  if (local && Buffer.byteLength(`${host}/.s.PGSQL.${port}`) > MAX_SOCKET_PATH) {
    faults.push({
      key: 'host',
      message: `the socket's path is longer than ${MAX_SOCKET_PATH} bytes: move it`,
    });
  }
  if (local && proxy_protocol !== 'off') {
    faults.push({ key: 'proxy_protocol', message: 'a Unix socket has no addresses: remove proxy_protocol' });
  }
  if (channel_binding === 'require' && (local || sslmode === 'disable')) {
    faults.push({ key: 'channel_binding', message: 'require needs TLS to the upstream: use prefer' });
  }
  return faults;
}
