import { request } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '../store/system-error.ts';

/** Beside portcullis.yaml, mode 0600: how other commands find the running gateway. */
const CONTROL_SOCKET = 'portcullis.sock';

/** How long the gateway may take to answer, in ms. */
const PATIENCE_MS = 3000;
/** Deleting a trail's files takes its time. */
const POST_PATIENCE_MS = 60_000;
/** No answer is longer, in bytes; what is, is no gateway's. */
const MAX_BODY = 64 * 1024 * 1024;

/** Where a running gateway takes requests. */
export type Door = { readonly socketPath: string } | { readonly host: string; readonly port: number };

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export function controlSocketOf(configPath: string): string {
  return join(dirname(resolve(configPath)), CONTROL_SOCKET);
}

/** Nobody listens: no file, or one that a gateway has left behind. */
export function isNobodyThere(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}

const NO_GATEWAY = 'what answers is no gateway of this version';

/** What a gateway answered. @throws Error where it is no JSON object, and so no gateway's. */
export function objectOf({ status, body }: Reply): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new Error(`${NO_GATEWAY} (status ${status})`, { cause });
  }
  if (typeof value === 'object' && value !== null) return { ...value };
  throw new Error(`${NO_GATEWAY} (status ${status})`);
}

export function nameOf(door: Door): string {
  return 'socketPath' in door ? door.socketPath : `${door.host}:${door.port}`;
}

/**
 * Asks a gateway.
 * @param body JSON, for POST alone; what is posted may take a minute.
 * @throws Error saying why there was no answer.
 */
export function ask(
  door: Door,
  method: 'GET' | 'DELETE' | 'POST',
  path: string,
  body?: string,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = {
      ...door,
      method,
      path,
      headers: { host: 'localhost' },
      agent: false,
      timeout: body === undefined ? PATIENCE_MS : POST_PATIENCE_MS,
    };
    const asked = request(options, (response) => {
      let said = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        said += text;
        if (said.length > MAX_BODY) asked.destroy(new Error('an endless answer'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: said }));
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', reject);
    asked.end(body);
  });
}
