import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Account } from '../src/dev/account.ts';
import type { WithTeardown } from '../test/support/postgres.ts';

const START_MS = 30_000;
const POLL_MS = 20;
/** How long a program that was told to go may take before it is killed. */
const LEAVE_MS = 10_000;

export interface ProgramWish {
  readonly args: readonly string[];
  /** File for all that it says. */
  readonly log: string;
  /** As whom it runs, where that is not us. */
  readonly account?: Account;
  /** Besides what every program gets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A program of the bench's that runs until it is stopped, at the latest when the bench ends. */
export class Program {
  readonly pid: number;
  readonly log: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  #over = false;

  constructor(t: WithTeardown, file: string, { args, log, account, env }: ProgramWish) {
    const out = openSync(log, 'a');
    const { uid, gid } = account ?? {};
    this.log = log;
    this.#process = spawn(file, args, {
      stdio: ['ignore', out, out],
      env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LC_ALL: 'C.UTF-8', ...env },
      ...(uid !== undefined && uid !== process.geteuid?.() && { uid, gid }),
    });
    closeSync(out);
    this.pid = this.#process.pid ?? 0;
    const lastResort = (): void => void this.#process.kill('SIGTERM');
    process.once('exit', lastResort);
    this.#ended = new Promise((resolve) => {
      const settle = (): void => {
        this.#over = true;
        process.off('exit', lastResort);
        resolve();
      };
      this.#process.once('close', settle);
      this.#process.once('error', settle);
    });
    t.teardown(() => this.stop());
  }

  /** Ends it, gently at first. */
  async stop(): Promise<void> {
    if (this.#over) return;
    this.#process.kill('SIGTERM');
    const late = new AbortController();
    const inTime = await Promise.race([
      this.#ended.then(() => true),
      setTimeout(LEAVE_MS, false, { signal: late.signal }).catch(() => true),
    ]);
    late.abort();
    if (!inTime) this.#process.kill('SIGKILL');
    await this.#ended;
  }

  /** Waits for something. @throws Error with what the program said where it does not come */
  async until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    for (let waited = 0; waited < START_MS && !this.#over; waited += POLL_MS) {
      const found = await look();
      if (found !== undefined) return found;
      await setTimeout(POLL_MS);
    }
    const said = await readFile(this.log, 'utf8');
    throw new Error(`waiting for ${what} in vain: ${said.slice(-1000)}`);
  }

  /** Waits until it takes connections. */
  async listens(port: number): Promise<void> {
    await this.until(`port ${port}`, async () => ((await takes(port)) ? true : undefined));
  }
}

function takes(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A port of 127.0.0.1 that nobody has at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
