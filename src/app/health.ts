import { z } from 'zod';
import type { ServerConfig } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { loadEnvironment, loadServerConfig } from '../store/config-file.ts';
import { ConfigurationError } from './configuration-error.ts';
import { ask, controlSocketOf, type Door, nameOf } from './control-client.ts';

const PATHS = ['/livez', '/readyz'] as const;

const READINESS = z.object({ problems: z.record(z.string(), z.string()) });

/**
 * Asks the gateway that runs on this configuration, by its control socket, else by its admin listener.
 * @returns what is wrong, in one line; undefined where all is well.
 * @throws ConfigurationError where the configuration itself cannot be read.
 */
export async function askHealth(path: string | undefined, env: Env): Promise<string | undefined> {
  let problem = 'the configuration has no admin listener';
  for (const door of doorsOf(await configOf(path, env), path)) {
    try {
      const replies = await Promise.all(PATHS.map((each) => ask(door, 'GET', each)));
      const bad = PATHS.filter((_, i) => replies[i]?.status !== 200);
      if (bad.length === 0) return undefined;
      return `${bad.join(' and ')} at ${nameOf(door)} does not say ok${reasonsIn(replies.at(-1)?.body)}`;
    } catch (error) {
      problem = `no gateway answers at ${nameOf(door)}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return problem;
}

/** What /readyz tells of what is missing; nothing where another program answered. */
function reasonsIn(body = ''): string {
  const parsed = READINESS.safeParse(jsonIn(body));
  if (!parsed.success) return '';
  const reasons = Object.entries(parsed.data.problems).map(([name, problem]) => `${name}: ${problem}`);
  return `: ${reasons.join('; ')}`;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function configOf(path: string | undefined, env: Env): Promise<ServerConfig> {
  const parsed = path === undefined ? await loadEnvironment(env) : await loadServerConfig(path, env);
  if ('problems' in parsed) throw new ConfigurationError(parsed.problems);
  return 'sidecar' in parsed ? parsed.sidecar.config : parsed.config;
}

function doorsOf({ admin }: ServerConfig, path: string | undefined): Door[] {
  const doors: Door[] = [];
  if (path !== undefined) doors.push({ socketPath: controlSocketOf(path) });
  if (admin.listen !== undefined) doors.push(admin.listen);
  return doors;
}
