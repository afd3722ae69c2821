import { execFile } from 'node:child_process';
import { copyFile, cp, lstat, mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { commandsOf, type Instruction, parseDockerfile } from './dockerfile.ts';
import { globPattern, readDockerignore } from './dockerignore.ts';
import { type Image, isRoot, seal } from './image.ts';

type Draft = { -readonly [Key in keyof Image]: Image[Key] };

/**
 * Takes the steps of the Dockerfile in `context`, each stage in a folder below `into`, with programs of this
 * machine: an absolute path in a command is one in the stage. Of the base image there is what every step needs, in
 * a stage that can be started its runtime; npm's cache serves its install where it can. The trees are root's in the
 * end, where we are root, and nobody may write to them but to their volumes.
 *
 * @param runtimes programs of base images, by the part of an image's name before the colon; `undefined`: there is none
 * on this machine, and no image is made of it
 * @returns those that can be started, by the name of their stage; the default one has none
 */
export async function buildImages(
  context: string,
  into: string,
  runtimes: Readonly<Record<string, string | undefined>>,
): Promise<ReadonlyMap<string | undefined, Image>> {
  const isIgnored = readDockerignore(await readFile(join(context, '.dockerignore'), 'utf8'));
  const roots = new Map<string | undefined, string>();
  const images = new Map<string | undefined, Image>();
  const stages = parseDockerfile(await readFile(join(context, 'Dockerfile'), 'utf8'));
  for (const { base, name, instructions } of stages) {
    const root = join(into, `stage-${roots.size}`);
    await layBase(root);
    const image = emptyImage(root);
    const builder = { context, isIgnored, roots, image };
    for (const instruction of instructions) await step(builder, instruction);
    roots.set(name, root);
    const program = runtimes[base.replace(/:.*$/, '')];
    if (image.entrypoint.length === 0 || program === undefined) continue;
    await copyFile(program, join(root, 'usr/local/bin', basename(program)));
    await seal(image);
    images.set(name, image);
  }
  return images;
}

interface Builder {
  readonly context: string;
  readonly isIgnored: (path: string) => boolean;
  readonly roots: ReadonlyMap<string | undefined, string>;
  readonly image: Draft;
}

async function step(builder: Builder, instruction: Instruction): Promise<void> {
  const { image } = builder;
  const { name, words } = instruction;
  const [first = ''] = words;
  switch (name) {
    case 'COPY':
      return await copy(builder, instruction);
    case 'RUN':
      for (const command of commandsOf(instruction)) await run(image, command);
      return;
    case 'WORKDIR':
      image.workdir = first;
      await mkdir(join(image.root, first), { recursive: true });
      return;
    case 'USER': {
      const [uid = Number.NaN, gid = Number.NaN] = first.split(':').map(Number);
      image.user = { uid, gid };
      return;
    }
    case 'ENV':
      image.env = { ...image.env, ...Object.fromEntries(words.map(pair)) };
      return;
    case 'LABEL':
      image.labels = new Map([...image.labels, ...words.map(pair)]);
      return;
    default:
      configure(image, instruction);
  }
}

function configure(image: Draft, { name, words, isList }: Instruction): void {
  if (['ENTRYPOINT', 'CMD', 'HEALTHCHECK'].includes(name) && !isList)
    throw new Error(`${name} would run in a shell`);
  switch (name) {
    case 'VOLUME':
      image.volumes = [...image.volumes, ...words];
      return;
    case 'EXPOSE':
      image.ports = [...image.ports, ...words.map(Number)];
      return;
    case 'STOPSIGNAL':
      image.stopSignal = words.join();
      return;
    case 'HEALTHCHECK':
      image.healthcheck = words;
      return;
    case 'ENTRYPOINT':
      image.entrypoint = words;
      return;
    case 'CMD':
      image.cmd = words;
      return;
    default:
      throw new Error(`no step of ours: ${name}`);
  }
}

/** A folder's content goes into the target, a file under its own name; nothing to copy is an error, as in Docker. */
async function copy(
  { context, isIgnored, roots, image }: Builder,
  { flags, words }: Instruction,
): Promise<void> {
  const from = flags.get('from');
  const base = from === undefined ? context : roots.get(from);
  const target = words.at(-1);
  if (base === undefined || !target?.endsWith('/'))
    throw new Error(`COPY ${words.join(' ')}: not understood`);
  const isKept = (path: string): boolean =>
    from !== undefined || path === base || !isIgnored(relative(base, path));
  const to = join(image.root, resolve(image.workdir, target));
  await mkdir(to, { recursive: true });
  for (const pattern of words.slice(0, -1)) {
    const paths = (await matching(base, pattern)).filter(isKept);
    if (paths.length === 0) throw new Error(`COPY ${pattern}: there is nothing of that name`);
    for (const path of paths) {
      const isFolder = (await lstat(path)).isDirectory();
      const options = { recursive: true, verbatimSymlinks: true, filter: isKept };
      await cp(path, isFolder ? to : join(to, basename(path)), options);
    }
  }
}

/** A star may stand in the last name of a path. */
async function matching(base: string, pattern: string): Promise<string[]> {
  const folder = join(base, dirname(pattern));
  const names = globPattern(basename(pattern));
  return (await readdir(folder)).filter((name) => names.test(name)).map((name) => join(folder, name));
}

async function run({ root, workdir }: Draft, [program = '', ...args]: readonly string[]): Promise<void> {
  const inStage = args
    .map((arg) => (arg.startsWith('/') ? join(root, arg) : arg))
    .filter((arg) => isRoot || !/^--(owner|group)=/.test(arg));
  await promisify(execFile)(program, inStage, { cwd: join(root, workdir), env: buildEnvironment() });
}

/** Ours, without what `npm test` says of this clone to programs that it runs. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const ofThisRun =
    /^(INIT_CWD|NODE_OPTIONS|NODE_ENV|TAP.*|npm_(package|lifecycle|config_(local|global)?_?prefix).*)$/;
  const kept = Object.entries(process.env).filter(([name]) => !ofThisRun.test(name));
  return { ...Object.fromEntries(kept), npm_config_prefer_offline: 'true' };
}

async function layBase(root: string): Promise<void> {
  for (const folder of ['usr/local/bin', 'var/lib']) await mkdir(join(root, folder), { recursive: true });
}

function pair(word: string): [string, string] {
  const [name = '', ...value] = word.split('=');
  return [name, value.join('=')];
}

function emptyImage(root: string): Draft {
  return {
    root,
    env: {},
    labels: new Map(),
    workdir: '/',
    user: { uid: 0, gid: 0 },
    entrypoint: [],
    cmd: [],
    healthcheck: [],
    stopSignal: 'SIGTERM',
    volumes: [],
    ports: [],
  };
}
