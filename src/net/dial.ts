import { connect, type Socket } from 'node:net';
import { parseAddress } from '../allowlist/address.ts';
import type { UpstreamTarget } from '../catalog/model.ts';
import type { TransportAddress } from '../proxy-protocol/header.ts';
import { serializeProxyV1, serializeProxyV2 } from '../proxy-protocol/serializer.ts';
import {
  type Dial,
  type DialedFor,
  type UpstreamConnection,
  UpstreamUnreachable,
} from '../upstream/ports.ts';
import { KEEPALIVE_MS } from './keepalive.ts';
import { startTls } from './tls-client.ts';

/** The file of a Unix socket in its folder (PostgreSQL manual, 19.3.1 unix_socket_directories). */
function socketPath({ host, port }: UpstreamTarget): string {
  return `${host}/.s.PGSQL.${port}`;
}

export interface DialOptions {
  /** Until the upstream has taken the connection and TLS stands, in ms. */
  readonly timeout: number;
  /** Silence after which the kernel probes the peer, in ms. */
  readonly keepalive: number;
}

/** How upstreams are reached where nobody says otherwise. */
export const dial: Dial = dialer({ timeout: 5000, keepalive: KEEPALIVE_MS });

/** Opens connections to upstreams under their sslmode; a Unix socket never uses TLS, as with libpq. */
export function dialer(options: DialOptions): Dial {
  return async (target, signal, client) => {
    // Not AbortSignal.timeout, whose timer would outlive each of many quick connections.
    const ended = new AbortController();
    // The error is made when it is needed: its stack trace costs more than the rest of this function.
    const tooLate = (): void =>
      ended.abort(new UpstreamUnreachable(`${nameOf(target)}: no answer within ${options.timeout} ms`));
    const timer = setTimeout(tooLate, options.timeout);
    const abort = (): void => ended.abort(signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      return await open(target, ended.signal, { ...options, client });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  };
}

async function open(
  target: UpstreamTarget,
  signal: AbortSignal,
  { keepalive, client }: DialOptions & { readonly client: DialedFor | undefined },
): Promise<UpstreamConnection> {
  signal.throwIfAborted();
  const local = target.host.startsWith('/');
  const socket = local
    ? connect({ path: socketPath(target), allowHalfOpen: true })
    : connect({ host: target.host, port: target.port, allowHalfOpen: true, autoSelectFamily: true });
  const abort = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', abort);
  try {
    await connected(socket);
    if (!local) socket.setNoDelay(true).setKeepAlive(true, keepalive);
    announce(socket, target, client);
    if (local || target.sslmode === 'disable') return { stream: socket, tls: false, binding: undefined };
    return await startTls(socket, target, signal);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    if (error instanceof UpstreamUnreachable) throw error;
    const what = error instanceof Error ? error.message : String(error);
    throw new UpstreamUnreachable(`${nameOf(target)}: ${what || codeOf(error)}`, { cause: error });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Tells an upstream that wants it whose connection this is. Where it is nobody's but ours (a look-up, a cancel), our
 * own addresses are told: many take no header without any (PROXY protocol, 2.1).
 */
function announce(socket: Socket, { proxyProtocol }: UpstreamTarget, client: DialedFor | undefined): void {
  if (proxyProtocol === 'off') return;
  const own = {
    source: endOf(socket.localAddress, socket.localPort),
    destination: endOf(socket.remoteAddress, socket.remotePort),
  };
  const { source, destination } = client ?? own;
  const nothing = { authority: undefined, uniqueId: undefined, vpcEndpoint: undefined };
  socket.write(
    proxyProtocol === 'v1'
      ? serializeProxyV1(source, destination)
      : serializeProxyV2({ command: 'proxy', source, destination, ...nothing }),
  );
}

function endOf(address: string | undefined, port: number | undefined): TransportAddress {
  const parsed = parseAddress((address ?? '').replace(/%.*$/s, ''));
  if (parsed === undefined || port === undefined) throw new Error('the connection was lost');
  return { address: parsed, port };
}

function nameOf(target: UpstreamTarget): string {
  return target.host.startsWith('/') ? socketPath(target) : `${target.host}:${target.port}`;
}

/** Node's AggregateError of several addresses that all failed has a code and no message. */
function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : 'unknown error';
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    // Never taken off: an 'error' without a listener would end the process.
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('connection closed')));
  });
}
