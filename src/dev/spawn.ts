import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { errorCode } from '../store/system-error.ts';
import { type Account, runsAsRoot } from './account.ts';
import { DevError } from './error.ts';
import { lineSplitter } from './lines.ts';

/** Lines of a process's output that are kept to explain its failure. */
const REMEMBERED_LINES = 50;

/** `initdb: error: …`, `2026-… FATAL:  …`: what is worth telling begins behind it. */
const COMPLAINT = /(?:^|[ :])(?:FATAL|PANIC|ERROR|error):\s+(.+)$/;

/** A program to run. */
export interface Command {
  readonly account: Account;
  readonly file: string;
  readonly args: readonly string[];
  /** Written to its standard input, which is then closed; nothing otherwise. Never logged. */
  readonly input?: string | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Running {
  readonly pid: number;
  /** The process itself has ended. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Its output has ended too, with the last of those who held it. */
  readonly closed: Promise<unknown>;
  /** Why it failed, as it said itself. */
  complaint(): string;
}

/**
 * Starts one of PostgreSQL's programs as `account`.
 *
 * In a process group of its own: Ctrl-C at a terminal goes to the whole foreground group, and a server that
 * ends before its gateway cuts sessions which the gateway is still draining. With hardly any environment: ours
 * holds secrets which the server has no use for.
 *
 * @throws DevError where it cannot be started
 */
export async function start(command: Command): Promise<Running> {
  const { account, file, args, input, onLine } = command;
  const child = spawn(file, args, {
    cwd: '/', // ours may be closed to the account
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe'],
    ...(runsAsRoot() ? { uid: account.uid, gid: account.gid } : {}),
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const complaint = listen(child, onLine);
  await begun(child, command);
  // It may end before it has read everything (EPIPE): its exit status then says so.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  if (child.pid === undefined) throw new DevError(`cannot run ${file}`);
  return { pid: child.pid, exited, closed, complaint };
}

/**
 * Runs one of PostgreSQL's programs to its end.
 *
 * @throws DevError with its complaint where it fails, and where `signal` is aborted: then nothing of it is left
 */
export async function runToEnd(command: Command, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const running = await start(command);
  // Its whole group: initdb has children.
  const kill = (): void => signalTo(-running.pid, 'SIGKILL');
  signal?.addEventListener('abort', kill);
  if (signal?.aborted) kill();
  const exit = await running.exited;
  await running.closed;
  signal?.removeEventListener('abort', kill);
  signal?.throwIfAborted();
  if (exit.code !== 0) throw new DevError(running.complaint());
}

/** kill(2), where the process may have ended already. A negative `pid` names a process group. */
export function signalTo(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

async function begun(child: ChildProcess, { file, account }: Command): Promise<void> {
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new DevError(
      `cannot run ${file} as user ${account.name} (${errorCode(error)}): it needs glibc and a file system that allows execution; else give a database with --upstream`,
      { cause: error },
    );
  }
}

function listen(child: ChildProcess, onLine: ((line: string) => void) | undefined): () => string {
  const remembered: string[] = [];
  const split = lineSplitter((line) => {
    remembered.push(line);
    if (remembered.length > REMEMBERED_LINES) remembered.shift();
    onLine?.(line);
  });
  child.stderr?.on('data', split);
  child.stderr?.on('end', () => split(undefined));
  return () => {
    const complaints = remembered.flatMap((line) => COMPLAINT.exec(line)?.[1] ?? []);
    return complaints.at(-1) ?? remembered.at(-1) ?? 'it ended without a word';
  };
}
