import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const OWNER_WRITES = 0o200;
const ANYONE_WRITES = 0o222;

/** Only root may give files away and become somebody else; without it everything here is one user's. */
export const isRoot = process.geteuid?.() === 0;

/** An image as folders: what a container would have as its root, and what it would be started with. */
export interface Image {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: ReadonlyMap<string, string>;
  readonly workdir: string;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly healthcheck: readonly string[];
  readonly stopSignal: string;
  readonly volumes: readonly string[];
  readonly ports: readonly number[];
}

/** Starts a program in the image as its user, in its working folder, with its environment and `env`. */
export function runInImage(
  image: Image,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  stdio: SpawnOptions['stdio'],
): ChildProcess {
  const [program = '', ...args] = words;
  const PATH = `${image.root}/usr/local/bin:/usr/bin:/bin`;
  // tap would have every process report its coverage, into a folder that the image's user cannot write to.
  const clean = ['-u', 'NODE_OPTIONS', program, ...args];
  return spawn('/usr/bin/env', clean, {
    cwd: join(image.root, image.workdir),
    env: { PATH, ...image.env, ...env },
    ...(isRoot ? image.user : {}),
    stdio,
  });
}

/** Every file outside the volumes, with what a change would change. */
export async function fingerprint(image: Image): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of await tree(image)) {
    const { mode, uid, gid, size, ctimeMs } = await lstat(join(image.root, path));
    found.set(path, [mode.toString(8), uid, gid, size, ctimeMs].join(' '));
  }
  return found;
}

/** From now on the tree is root's, where we are root, and nobody may write to it but to its volumes. */
export async function seal(image: Image): Promise<void> {
  if (isRoot) for (const path of await tree(image)) await lchown(join(image.root, path), 0, 0);
  await changeModes(image, (mode) => mode & ~ANYONE_WRITES);
}

/** So that who is not root can remove the tree. */
export async function unseal(image: Image): Promise<void> {
  await changeModes(image, (mode) => mode | OWNER_WRITES);
}

async function changeModes(image: Image, change: (mode: number) => number): Promise<void> {
  for (const path of await tree(image)) {
    const whole = join(image.root, path);
    const stats = await lstat(whole);
    if (!stats.isSymbolicLink()) await chmod(whole, change(stats.mode));
  }
}

/** Paths below the root, itself among them, without the volumes and what is in them. */
async function tree({ root, volumes }: Image): Promise<string[]> {
  const found = await readdir(root, { recursive: true });
  const inVolume = (path: string): boolean => volumes.some((volume) => `/${path}/`.startsWith(`${volume}/`));
  return ['', ...found.filter((path) => !inVolume(path))];
}
