import { ask, controlSocketOf } from '../app/control-client.ts';
import { type ConfigFlags, configPath } from './config-options.ts';
import { CliError } from './error.ts';

/** What is asked of the running gateway. */
export interface Request {
  readonly method: 'GET' | 'DELETE';
  readonly path: string;
  /** Undefined values are left out. */
  readonly query: Readonly<Record<string, string | undefined>>;
}

/**
 * Asks the gateway that runs on the flags' configuration, by its control socket.
 * @returns the list that its answer holds under `name`.
 * @throws CliError where no gateway answers, or it refuses.
 */
export async function askGateway<Item>(
  flags: ConfigFlags,
  request: Request,
  name: string,
): Promise<readonly Item[]> {
  const path = await configPath(flags);
  if (path === undefined) throw new CliError('no configuration here: give --config or --dir', 2);
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(request.query)) if (value !== undefined) query.set(key, value);
  const socketPath = controlSocketOf(path);
  const url = `${request.path}?${query.toString()}`;
  const reply = await ask({ socketPath }, request.method, url).catch((error: unknown) => {
    throw new CliError(`no gateway answers at ${socketPath}: is it running?`, 1, { cause: error });
  });
  const body = JSON.parse(reply.body) as Record<string, Item[] | undefined> & { message?: string };
  const items = body[name];
  if (items === undefined) throw new CliError(body.message ?? `the gateway answered ${reply.status}`, 1);
  return items;
}
