import { ask, controlSocketOf, isNobodyThere, objectOf, type Reply } from '../app/control-client.ts';
import { textIn } from '../audit/values.ts';
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
    throw noAnswer(socketPath, error);
  });
  const answer = answerIn(reply);
  const items = answer[name];
  if (Array.isArray(items)) return items;
  throw new CliError(`the gateway refused: ${textIn(answer, 'message') ?? `status ${reply.status}`}`, 1);
}

function noAnswer(socketPath: string, cause: unknown): CliError {
  const told = cause instanceof Error ? cause.message : String(cause);
  const why = isNobodyThere(cause) ? 'is it running?' : told;
  return new CliError(`no gateway answers at ${socketPath}: ${why}`, 1, { cause });
}

function answerIn(reply: Reply): Readonly<Record<string, unknown>> {
  try {
    return objectOf(reply);
  } catch (cause) {
    throw new CliError(cause instanceof Error ? cause.message : String(cause), 1, { cause });
  }
}
