import { chmod, unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { type Answer, json } from './answer.ts';
import { type AdminSource, answer } from './routes.ts';

/** A request is a line, some headers, and by the control socket a body that is as short. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 8192;
const MAX_BODY_BYTES = 8192;
/** Every program on the machine can reach loopback; file descriptors are for clients. */
const MAX_CONNECTIONS = 64;

/** Names under which loopback is asked for; any other comes from a page that rebound its own name to us. */
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

export type AdminAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** The admin listener: on loopback TCP, or on a Unix socket of mode 0600. */
export class AdminServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * A socket file that nobody listens on any more is replaced.
   * @throws Error as `listen` fails, with its `code`.
   */
  static async open(address: AdminAddress, source: AdminSource): Promise<AdminServer> {
    const checksHost = 'host' in address;
    const server = createServer(
      { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS },
      (request, response) => {
        void respond(request, response, { source, checksHost });
      },
    );
    server.maxConnections = MAX_CONNECTIONS;
    if ('path' in address) await removeStale(address.path);
    await listen(server, address);
    // Later errors are of single accepts (EMFILE), and without a listener would end the process.
    server.on('error', () => {});
    if ('path' in address) await chmod(address.path, 0o600);
    return new AdminServer(server);
  }

  /** Undefined on a Unix socket. */
  get port(): number | undefined {
    const address = this.#server.address();
    return address !== null && typeof address !== 'string' ? address.port : undefined;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { source, checksHost }: { source: AdminSource; checksHost: boolean },
): Promise<void> {
  const reply = await replyTo(request, source, checksHost);
  response.writeHead(reply.status, {
    'content-type': reply.type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : reply.body);
}

async function replyTo(request: IncomingMessage, source: AdminSource, checksHost: boolean): Promise<Answer> {
  if (checksHost && !isLoopbackName(request.headers.host)) return json(421, { message: 'wrong Host header' });
  const url = URL.parse(request.url ?? '', 'http://localhost');
  if (url === null) return json(400, { message: 'not a path' });
  const question = { method: request.method ?? '', url, trusted: !checksHost };
  try {
    const body = question.trusted ? await bodyOf(request) : '';
    return body === undefined
      ? json(413, { message: `a body has ${MAX_BODY_BYTES} bytes at most` })
      : await answer({ ...question, body }, source);
  } catch {
    return json(500, { message: 'failed' });
  }
}

/** @returns undefined where it is too long; the rest of it is not read. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function isLoopbackName(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_HOSTS.has(host.replace(/:\d+$/, '').toLowerCase());
}

function listen(server: Server, address: AdminAddress): Promise<void> {
  // Under the umask of the moment a socket could be open to others until chmod; nobody connects before 'listening'.
  const umask = 'path' in address ? process.umask(0o177) : undefined;
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
    if (umask !== undefined) process.umask(umask);
  });
}

/** A socket file outlives a process that was killed; one that still answers is a running gateway's. */
async function removeStale(path: string): Promise<void> {
  const inUse = await new Promise<boolean>((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (inUse) throw Object.assign(new Error(`another gateway listens on ${path}`), { code: 'EADDRINUSE' });
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
