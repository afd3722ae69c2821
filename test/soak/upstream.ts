import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestCertificate } from '../support/server-certificate.ts';
import type { UpstreamCommand, UpstreamReport } from './upstream-process.ts';

/** A fake upstream's process as seen from outside: it can be killed, and comes back on the same port. */
export class Upstream {
  readonly name: string;
  readonly #tls: TestCertificate | undefined;
  #process: ChildProcess | undefined;
  #port = 0;
  /** Deaths that were not ordered. */
  readonly crashes: string[] = [];

  private constructor(name: string, tls: TestCertificate | undefined) {
    this.name = name;
    this.#tls = tls;
  }

  static async start(name: string, tls?: TestCertificate): Promise<Upstream> {
    const upstream = new Upstream(name, tls);
    await upstream.rise();
    return upstream;
  }

  get port(): number {
    return this.#port;
  }

  /** Starts it, on the port that it had. */
  async rise(): Promise<void> {
    const child = fork(new URL('./upstream-process.ts', import.meta.url), { stdio: ['ignore', 2, 2, 'ipc'] });
    child.on('exit', (code, signal) => {
      if (this.#process === child) this.crashes.push(`${this.name} ended by itself: ${signal ?? code}`);
    });
    this.#process = child;
    const answer = await this.#ask({ kind: 'listen', port: this.#port, tls: this.#tls });
    if (answer.kind === 'listening') this.#port = answer.port;
  }

  /** SIGKILL: every connection ends, and nobody listens. */
  async die(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** RST on every connection. */
  resetAll(): void {
    this.#process?.send({ kind: 'reset-all' } satisfies UpstreamCommand);
  }

  async connections(): Promise<number> {
    const answer = await this.#ask({ kind: 'count' });
    return answer.kind === 'connections' ? answer.count : Number.NaN;
  }

  async #ask(command: UpstreamCommand): Promise<UpstreamReport> {
    const child = this.#process;
    if (child === undefined) throw new Error(`${this.name} is not there`);
    const answer = once(child, 'message');
    child.send(command);
    const [report] = (await answer) as [UpstreamReport];
    return report;
  }
}
