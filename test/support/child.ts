import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { WithTeardown } from './postgres.ts';
import { size } from './size.ts';

/** How long a program may take to say or do what a test waits for, in ms: far beyond what a busy machine needs. */
const PATIENCE_MS = 30_000;
/** How long a program may run at all, in ms: less than tap gives a file of tests. */
const LIFE_MS = size(600_000, 90_000);
/** How long a program that was told to go may take, in ms, before it is killed. */
const LEAVE_MS = 10_000;

export interface ChildWish {
  readonly cwd?: string;
  /** The whole environment but for what the coverage of tests needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input, which is then closed; `open`: it stays open for `type`. */
  readonly input?: string | Buffer;
  readonly open?: boolean;
  /** At the head of a process group of its own, as a shell's foreground job is. */
  readonly group?: boolean;
}

/** How a program ended, and all that it said. */
export interface Ended {
  /** As a shell has it: 128 + n where signal n ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that a test started: what it says, and its end. */
export class Child {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly #process: ChildProcess;
  readonly #group: boolean;
  readonly #said = { stdout: '', stderr: '' };
  #over = false;
  #waiting: (() => void)[] = [];

  constructor(file: string, args: readonly string[], wish: ChildWish = {}) {
    this.#group = wish.group === true;
    this.#process = spawn(file, args, {
      cwd: wish.cwd,
      env: wish.env ?? process.env,
      detached: this.#group,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.pid = this.#process.pid ?? 0;
    this.#listen('stdout');
    this.#listen('stderr');
    // A program may end without having read what it was given.
    this.#process.stdin?.on('error', () => {});
    if (wish.open !== true) this.#process.stdin?.end(wish.input);
    // Not SIGKILL: a gateway has a database to stop.
    const lastResort = (): void => this.kill('SIGTERM');
    process.once('exit', lastResort);
    const lifetime = setTimeout(() => void this.leave(), LIFE_MS).unref();
    this.ended = this.#untilClosed().finally(() => {
      process.off('exit', lastResort);
      clearTimeout(lifetime);
    });
  }

  get stdout(): string {
    return this.#said.stdout;
  }

  get stderr(): string {
    return this.#said.stderr;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Writes to its standard input, which was left open. */
  type(text: string): void {
    this.#process.stdin?.write(text);
  }

  /** To the program alone. */
  kill(signal: NodeJS.Signals): void {
    if (!this.#over) this.#process.kill(signal);
  }

  /** To its whole process group, as a terminal's Ctrl-C. */
  killGroup(signal: NodeJS.Signals): void {
    if (!this.#group) throw new TypeError('this child has no process group of its own');
    process.kill(-this.pid, signal);
  }

  /** Resolves once the condition holds; it is asked again whenever the program says something. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!holds()) {
      const left = deadline - performance.now();
      if (this.#over || left <= 0) {
        const why = this.#over ? 'it ended' : 'nothing came';
        throw new Error(`waiting for ${what}: ${why}\n${tail(this.stdout)}\n${tail(this.stderr)}`);
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, left);
      this.#waiting.push(resolve);
      await promise;
      clearTimeout(timer);
    }
  }

  /** Sends it away if it is still there, gently at first. */
  async leave(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), LEAVE_MS);
    const ended = await this.ended;
    clearTimeout(timer);
    return ended;
  }

  #listen(name: 'stdout' | 'stderr'): void {
    this.#process[name]?.setEncoding('utf8').on('data', (text: string) => {
      this.#said[name] += text;
      this.#wake();
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #untilClosed(): Promise<Ended> {
    const status = await new Promise<number>((resolve, reject) => {
      this.#process.once('error', reject);
      this.#process.once('close', (code, signal) =>
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
      );
    });
    this.#over = true;
    this.#wake();
    return { status, ...this.#said };
  }
}

/** As much as a person will read. */
function tail(text: string): string {
  return text.slice(-2000);
}

/** Starts a program; the end of the test ends it. */
export function startChild(
  t: WithTeardown,
  file: string,
  args: readonly string[],
  wish: ChildWish = {},
): Child {
  const child = new Child(file, args, wish);
  t.teardown(async () => {
    await child.leave();
  });
  return child;
}

/** Runs a program to its end. */
export async function run(file: string, args: readonly string[], wish: ChildWish = {}): Promise<Ended> {
  return await new Child(file, args, wish).ended;
}
