import { request } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import type { ServerConfig } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { loadEnvironment, loadServerConfig } from '../store/config-file.ts';
import { ConfigurationError } from './configuration-error.ts';
import { CONTROL_SOCKET } from './configured.ts';

/** How long the gateway may take to answer, in ms. */
const PATIENCE_MS = 3000;
const PATHS = ['/livez', '/readyz'] as const;

type Door = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/**
 * Asks the gateway that runs on this configuration, by its control socket, else by its admin listener.
 * @returns what is wrong, in one line; undefined where all is well.
 * @throws ConfigurationError where the configuration itself cannot be read.
 */
export async function askHealth(path: string | undefined, env: Env): Promise<string | undefined> {
  const doors = doorsOf(await configOf(path, env), path);
  let reason = 'the configuration has no admin listener';
  for (const door of doors) {
    const answers = await Promise.all(PATHS.map((each) => ask(door, each)));
    const unreachable = answers.find((answer) => answer instanceof Error);
    if (unreachable instanceof Error) {
      reason = `no gateway answers at ${nameOf(door)}: ${unreachable.message}`;
      continue;
    }
    const bad = PATHS.filter((_, i) => answers[i] !== 200);
    return bad.length === 0 ? undefined : `${bad.join(' and ')} at ${nameOf(door)} does not say ok`;
  }
  return reason;
}

async function configOf(path: string | undefined, env: Env): Promise<ServerConfig> {
  const parsed = path === undefined ? await loadEnvironment(env) : await loadServerConfig(path, env);
  if ('problems' in parsed) throw new ConfigurationError(parsed.problems);
  return 'sidecar' in parsed ? parsed.sidecar.config : parsed.config;
}

function doorsOf({ admin }: ServerConfig, path: string | undefined): Door[] {
  const doors: Door[] = [];
  if (path !== undefined) doors.push({ socketPath: join(dirname(resolve(path)), CONTROL_SOCKET) });
  if (admin.listen !== undefined) doors.push(admin.listen);
  return doors;
}

function nameOf(door: Door): string {
  return 'socketPath' in door ? door.socketPath : `${door.host}:${door.port}`;
}

/** @returns the status, or why there was none. */
function ask(door: Door, path: string): Promise<number | Error> {
  return new Promise((answer) => {
    const headers = { host: 'localhost' };
    const asked = request({ ...door, path, headers, agent: false, timeout: PATIENCE_MS }, (response) => {
      response.resume();
      answer(response.statusCode ?? 0);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', answer);
    asked.end();
  });
}
