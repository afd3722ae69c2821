import { connect, type Socket } from 'node:net';
import type { UpstreamTarget } from '../catalog/model.ts';
import { type UpstreamConnection, UpstreamUnreachable } from '../upstream/ports.ts';
import { KEEPALIVE_MS } from './keepalive.ts';
import { startTls } from './tls-client.ts';

/** The file of a Unix socket in its folder (PostgreSQL manual, 19.3.1 unix_socket_directories). */
function socketPath({ host, port }: UpstreamTarget): string {
  return `${host}/.s.PGSQL.${port}`;
}

/**
 * Opens a connection to an upstream under its sslmode; a Unix socket never uses TLS, as with libpq.
 * @throws UpstreamUnreachable; the signal's reason when it is aborted first.
 */
export async function dial(target: UpstreamTarget, signal: AbortSignal): Promise<UpstreamConnection> {
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
    if (!local) socket.setNoDelay(true).setKeepAlive(true, KEEPALIVE_MS);
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
