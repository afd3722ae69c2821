import { join } from 'node:path';
import type { DevConnection } from '../../src/dev/connection.ts';
import { type Child, type ChildWish, type Ended, run, startChild } from './child.ts';
import { passableFolder, type WithTeardown } from './postgres.ts';

/** Where the clone is. */
export const CLONE = new URL('../../', import.meta.url).pathname;
const COMMAND = join(CLONE, 'bin/portcullis.cjs');

/** `bun` has the gateways and commands that tests start run on Bun; the tests themselves stay on Node. */
export const ON_BUN = process.env['PORTCULLIS_RUNTIME'] === 'bun';

/** Program and first arguments of the command, without one that gives way to another. */
export const COMMAND_LINE: readonly [string, ...string[]] = ON_BUN
  ? [join(CLONE, 'bin/portcullis-bun')]
  : [process.execPath, COMMAND];

/** What a user's environment has; nothing of libpq's or ours, but for the runtime that tests are to be run with. */
export const PLAIN_ENV = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  LC_ALL: 'C.UTF-8',
  ...(ON_BUN && { PORTCULLIS_RUNTIME: 'bun' }),
};

/** Runs `portcullis …` to its end. */
export async function portcullis(args: readonly string[], wish: ChildWish = {}): Promise<Ended> {
  return await run(process.execPath, [COMMAND, ...args], { env: PLAIN_ENV, ...wish });
}

/** One line that begins with our name and says something. */
export const ONE_LINE = /^portcullis: [^\n]+\n$/;

/** What a command said to people on stderr: all but the lines of the operational log. */
export function complaintOf({ stderr }: Ended): string {
  return stderr.replace(/^\{.*\n/gm, '');
}

/** Starts `portcullis …`; the end of the test stops it. */
export function startPortcullis(t: WithTeardown, args: readonly string[], wish: ChildWish = {}): Child {
  return startChild(t, process.execPath, [COMMAND, ...args], { env: PLAIN_ENV, ...wish });
}

export interface DevWish extends ChildWish {
  /** Default: a new folder, removed when the test ends. */
  readonly dir?: string;
  /** Besides `--json`, `--port 0` and `--dir`. */
  readonly args?: readonly string[];
}

/** A `portcullis dev` that is ready. */
export interface RunningDev {
  readonly child: Child;
  readonly dir: string;
  /** What its line on stdout says. */
  readonly connection: DevConnection;
  /** The operational log so far. */
  readonly log: () => LogLine[];
}

/** One line of the operational log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Starts `portcullis dev` as a user would, and waits for its line. */
export async function startDev(t: WithTeardown, wish: DevWish = {}): Promise<RunningDev> {
  const { dir = join(await passableFolder(t), 'dev'), args = [], ...rest } = wish;
  const child = startPortcullis(t, ['dev', '--json', '--port', '0', '--dir', dir, ...args], rest);
  return { child, dir, connection: await devLine(child), log: () => logLines(child.stderr) };
}

/** The one line that `dev --json` prints when it is ready. */
export async function devLine(child: Child): Promise<DevConnection> {
  await child.until('the line of dev', () => child.stdout.includes('\n'));
  return JSON.parse(child.stdout) as DevConnection;
}

/** Lines of JSON; other lines, and one that is not whole yet, are left out. */
export function logLines(text: string): LogLine[] {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
}
