import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';

const CLONE = new URL('../../', import.meta.url).pathname;

/** Where Docker puts the secrets of a service. */
export const SECRETS = '/run/secrets';
const SOCKETS = encodeURIComponent('/var/run/postgresql');

/** What of a service in compose.yaml the tests look at. */
export interface ComposeService {
  readonly image: string;
  readonly build?: string;
  readonly user?: string;
  readonly ports?: readonly string[];
  readonly network_mode?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly volumes: readonly (string | { readonly source: string; readonly target: string })[];
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
}

export interface Compose {
  readonly services: { readonly portcullis: ComposeService; readonly database: ComposeService };
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export async function readCompose(): Promise<Compose> {
  return parse(await readFile(join(CLONE, 'compose.yaml'), 'utf8')) as Compose;
}

/**
 * Makes the example's secrets, in a copy of its folder.
 * @returns a folder as a container has them: readable for every user of it.
 */
export async function makeSecrets(folder: string): Promise<string> {
  const copy = join(folder, 'compose');
  await cp(join(CLONE, 'config/compose'), copy, {
    recursive: true,
    filter: (path) => !path.endsWith('/secrets'),
  });
  await runMakeSecrets(folder);
  const mounted = join(folder, 'secrets');
  await mkdir(mounted, { mode: 0o755 });
  for (const name of await readdir(join(copy, 'secrets'))) {
    await cp(join(copy, 'secrets', name), join(mounted, name));
  }
  return mounted;
}

/** Runs the copy's script once more. */
export async function runMakeSecrets(folder: string): Promise<void> {
  await promisify(execFile)('sh', [join(folder, 'compose', 'make-secrets.sh')]);
}

/** Puts another server in the place of the example's in the URL that the gateway gets. */
export async function pointUpstream(
  secrets: string,
  { socketDir, port }: { socketDir: string; port: number },
): Promise<void> {
  const file = join(secrets, 'portcullis_upstream');
  const url = await readFile(file, 'utf8');
  if (!url.includes(`@${SOCKETS}/`)) throw new Error('the example no longer names its socket folder');
  await writeFile(file, url.replace(SOCKETS, `${encodeURIComponent(socketDir)}:${port}`));
}

/** Runs the example's init script as the official image does, with psql as the superuser. */
export async function runInitScript(
  secrets: string,
  { socketDir, port }: { socketDir: string; port: number },
): Promise<void> {
  const sql = await readFile(join(CLONE, 'config/compose/init.sql'), 'utf8');
  const target = ['-X', '-q', '-w', '-h', socketDir, '-p', String(port), '-U', 'postgres', '-d', 'postgres'];
  const running = promisify(execFile)('psql', ['-v', 'ON_ERROR_STOP=1', ...target, '-f', '-']);
  running.child.stdin?.end(sql.replaceAll(SECRETS, secrets));
  await running;
}
