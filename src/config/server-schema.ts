import { z } from 'zod';
import { audit } from './audit-schema.ts';
import {
  allowlistEntry,
  duration,
  integerOrText,
  keys,
  listenAddress,
  listOf,
  matching,
  oneOf,
  parsed,
  size,
  text,
} from './fields.ts';
import { isHost, type ListenAddress, parseListenAddress } from './listen-address.ts';
import { quoted } from './problem.ts';
import type { Surroundings } from './surroundings.ts';
import { textOrFileShape } from './text-or-file.ts';

const MIB = 1024 ** 2;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Beyond this a Node process has no file descriptors left on the systems we know (fs.nr_open). */
const MAX_CONNECTIONS = 1_000_000;
const MAX_WORKERS = 256;

export const DEFAULT_MAX_CONNECTIONS = 10_000;
export const DEFAULT_LISTEN = '0.0.0.0:6432';
export const DEFAULT_ADMIN_LISTEN = '127.0.0.1:6433';
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** portcullis.yaml as it is written; `parseServerConfig` gives it its final shape. */
export function serverSchema(surroundings: Surroundings) {
  return keys({
    listen: listOf(listener())
      .min(1, { error: 'must have at least one address' })
      .prefault([{ address: DEFAULT_LISTEN }])
      .describe('Where clients connect.'),
    public: publicName().optional().describe('What connection-string prints.'),
    tls: tls().describe('Certificates that clients are shown.'),
    catalog: keys({
      file: text().describe('Path of the catalog, mode 0600.'),
      key: textOrFileShape()
        .optional()
        .describe('Keys for sealed secrets, as {file: path}: lines of id:base64, the first is current.'),
    }).describe('Projects, branches and roles.'),
    limits: limits().prefault({}).describe('Bounds on what clients may take.'),
    drain: duration({ min: 0, max: HOUR })
      .prefault('8s')
      .describe('How long sessions may end by themselves when the gateway stops.'),
    audit: audit(surroundings).prefault({}).describe('The audit trail.'),
    admin: admin().prefault({}).describe('Health, metrics and the admin API.'),
    workers: workers()
      .default('auto')
      .describe('Processes that serve clients; auto: as many as there are cores.'),
    log: keys({
      level: oneOf(LOG_LEVELS).default('info').describe('The least important lines that are written.'),
    })
      .prefault({})
      .describe('The operational log, on standard error.'),
  });
}

export type WrittenServerConfig = z.output<ReturnType<typeof serverSchema>>;

function listener() {
  return keys({
    address: listenAddress().describe('host:port, IPv6 in brackets; port 0 takes any free one.'),
    proxy_protocol: keys({
      trusted: listOf(allowlistEntry())
        .min(1, { error: 'must not be empty: nobody could connect' })
        .describe('Balancers whose PROXY header is believed; everyone else is turned away.'),
    })
      .optional()
      .describe('Requires a PROXY header, v1 or v2.'),
  });
}

function publicName() {
  return keys({
    domain: parsed((name) =>
      isHost(name)
        ? { value: name }
        : { problem: `${quoted(name)} is not a domain name: write it as in db.example.com` },
    ).describe('Clients reach an endpoint as <endpoint>.<domain>.'),
    port: integerOrText(1, 65_535).optional().describe("The port they use; by default the first listener's."),
  });
}

function tls() {
  return keys({
    min_version: z
      .literal(['1.2', '1.3', 1.2, 1.3], { error: 'must be "1.2" or "1.3"' })
      .default('1.2')
      .describe('The oldest TLS version that is spoken.'),
    certificates: listOf(
      keys({
        cert: text().describe('Path of a PEM chain, the server certificate first.'),
        key: text().describe('Path of its private key, mode 0600.'),
      }),
    )
      .min(1, { error: 'must have at least one certificate: portcullis certs init makes one' })
      .describe('Chosen by SNI against their names; the first is the default.'),
    client_ca: text().optional().describe('Path of the authorities of client certificates, in PEM form.'),
    client_crl: text().optional().describe('Path of their revocation lists, in PEM form.'),
  });
}

function limits() {
  return keys({
    max_connections: integerOrText(1, MAX_CONNECTIONS)
      .default(DEFAULT_MAX_CONNECTIONS)
      .describe('Client connections at a time, those still logging in included.'),
    handshake_timeout: duration({ min: SECOND, max: 10 * MINUTE })
      .prefault('15s')
      .describe('From accept() to the end of the login, upstream included.'),
    connections_per_address: z
      .union([z.literal('off'), integerOrText(1, MAX_CONNECTIONS)], {
        error: `must be off or a whole number from 1 to ${MAX_CONNECTIONS}`,
      })
      .default('off')
      .describe('Client connections at a time from one IPv4 address or IPv6 /64.'),
    upstream_connect_timeout: duration({ min: 100, max: MINUTE })
      .prefault('5s')
      .describe('Until an upstream has taken the connection and TLS stands.'),
    cancel_timeout: duration({ min: 100, max: MINUTE })
      .prefault('5s')
      .describe('Until an upstream has taken a cancel request.'),
    write_stall_timeout: duration({ min: SECOND, max: DAY })
      .prefault('5m')
      .describe('How long a peer may leave what is waiting for it untaken.'),
    max_buffered_bytes: size({ min: MIB, max: 1024 * 1024 * MIB })
      .prefault('256MiB')
      .describe('What may wait in memory for slow peers, in all sessions together.'),
    keepalive: duration({ min: SECOND, max: DAY })
      .prefault('60s')
      .describe('Silence after which the system asks whether a peer is still there.'),
    failed_logins: failedLogins().prefault({}).describe('Lock-out after wrong passwords.'),
  });
}

function failedLogins() {
  const span = () => duration({ min: SECOND, max: DAY });
  return keys({
    attempts: integerOrText(1, 1_000_000).default(10).describe('Wrong proofs until a lock-out.'),
    window: span().prefault('150s').describe('How long a wrong proof counts.'),
    block: span().prefault('120s').describe('How long a lock-out lasts.'),
    exempt: listOf(allowlistEntry()).default([]).describe('Addresses that neither count nor are blocked.'),
  });
}

function admin() {
  const token = keys({
    name: text().describe('Who holds it, for the audit trail.'),
    role: oneOf(['viewer', 'operator', 'admin']).describe('What it may do.'),
    sha256: matching(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits: the SHA-256 of the token').describe(
      'Hash of the token.',
    ),
  });
  return keys({
    listen: parsed(listenOrOff).prefault(DEFAULT_ADMIN_LISTEN).describe('host:port, or off.'),
    tokens: listOf(token).optional().describe('Bearer tokens. Comes in a later version.'),
  });
}

/** @returns undefined for `off`. */
function listenOrOff(written: string): { value: ListenAddress | undefined } | { problem: string } {
  if (written === 'off') return { value: undefined };
  const address = parseListenAddress(written);
  return 'problem' in address ? address : { value: address };
}

function workers() {
  return z.union([z.literal('auto'), integerOrText(1, MAX_WORKERS)], {
    error: `must be auto or a whole number from 1 to ${MAX_WORKERS}`,
  });
}
