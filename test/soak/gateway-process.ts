import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { SESSIONS_PATH } from '../../src/admin/sessions.ts';
import { CLONE, ON_BUN, PLAIN_ENV } from '../support/portcullis.ts';
import type { Figures } from './figures.ts';
import { LogJudge } from './log-judge.ts';

const OK = 200;
/** Of this kind of machine, in bytes; statm counts in them (proc(5)). */
const PAGE = 4096;
const START_MS = 30_000;
const STOP_MS = 20_000;
/** After a collection, until what it freed is given back. */
const AFTER_COLLECTION_MS = 300;
const COLLECTIONS = 3;

/** The gateway as its operator runs it: `portcullis start` on files, read by its log, its metrics and /proc. */
export class GatewayProcess {
  readonly judge = new LogJudge();
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #controlSocket: string;
  readonly #ready = Promise.withResolvers<number>();
  readonly #exited: Promise<unknown>;
  #exit: string | undefined;
  #port = 0;

  private constructor(config: string, controlSocket: string) {
    const preload = new URL('./collect-garbage.ts', import.meta.url).href;
    const options = ['--expose-gc', '--import', preload];
    const command = [`${CLONE}bin/portcullis.cjs`, 'start', '--config', config];
    this.#process = spawn(process.execPath, [...(ON_BUN ? [] : options), ...command], {
      env: { ...PLAIN_ENV, ...(ON_BUN && { BUN_OPTIONS: options.join(' ') }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#controlSocket = controlSocket;
    this.pid = this.#process.pid ?? 0;
    const lastResort = (): boolean => this.#process.kill('SIGTERM');
    process.once('exit', lastResort);
    this.#exited = once(this.#process, 'exit').then(([code, signal]) => {
      process.off('exit', lastResort);
      this.#exit = String(signal ?? code);
      this.#ready.reject(new Error(`the gateway ended: ${this.#exit}\n${this.judge.findings.join('\n')}`));
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#read(line));
    }
  }

  static async start(world: {
    readonly config: string;
    readonly controlSocket: string;
  }): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(world.config, world.controlSocket);
    const patience = new AbortController();
    const late = setTimeout(START_MS, undefined, { signal: patience.signal }).then(() => {
      throw new Error('the gateway was not ready in time');
    });
    gateway.#port = await Promise.race([gateway.#ready.promise, late]);
    late.catch(() => {});
    patience.abort();
    return gateway;
  }

  get port(): number {
    return this.#port;
  }

  /** How it ended, a signal or an exit status; undefined while it runs. */
  get exit(): string | undefined {
    return this.#exit;
  }

  /** Now, garbage included; 0 once it has ended. */
  get residentBytes(): number {
    if (this.#exit !== undefined) return 0;
    const [, resident = 0] = readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ').map(Number);
    return resident * PAGE;
  }

  hangup(): void {
    this.#process.kill('SIGHUP');
  }

  /** SIGTERM. @returns how it ended: `0` where all is well. */
  async stop(): Promise<string> {
    const killer = new AbortController();
    void setTimeout(STOP_MS, undefined, { signal: killer.signal }).then(
      () => this.#process.kill('SIGKILL'),
      () => {},
    );
    this.#process.kill('SIGTERM');
    await this.#exited;
    killer.abort();
    return this.#exit ?? 'unknown';
  }

  /** What it holds, once everything it does not hold any more is collected. */
  async figures(): Promise<Figures> {
    for (let round = 0; round < COLLECTIONS; round += 1) {
      this.#process.kill('SIGWINCH');
      await setTimeout(AFTER_COLLECTION_MS);
    }
    const descriptors = await this.#descriptors();
    const metrics = await this.metrics();
    const metric = (name: string): number => metrics.get(`portcullis_${name}`) ?? Number.NaN;
    return {
      liveSessions: metric('live_sessions'),
      sockets: descriptors.filter((target) => target.startsWith('socket:')).length,
      descriptors: descriptors.length,
      heapBytes: metric('nodejs_heap_size_used_bytes'),
      externalBytes: metric('nodejs_external_memory_bytes'),
      residentBytes: metric('process_resident_memory_bytes'),
    };
  }

  /** /metrics, over the control socket: every sample by its name, labels and all. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const lines = (await this.#ask('GET', '/metrics'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  /** As `portcullis sessions kill --address` does. */
  async killSessions(address: string): Promise<void> {
    await this.#ask('DELETE', `${SESSIONS_PATH}?address=${address}`);
  }

  async #ask(method: string, path: string): Promise<string> {
    const asking = request({ socketPath: this.#controlSocket, method, path, agent: false }).end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    const answer = await text(response);
    if (response.statusCode !== OK) throw new Error(`${method} ${path}: ${response.statusCode} ${answer}`);
    return answer;
  }

  async #descriptors(): Promise<string[]> {
    const folder = `/proc/${this.pid}/fd`;
    const links = (await readdir(folder)).map((name) => readlink(`${folder}/${name}`));
    return (await Promise.allSettled(links)).flatMap((link) =>
      link.status === 'fulfilled' ? [link.value] : [],
    );
  }

  #read(line: string): void {
    this.judge.read(line);
    if (this.#port !== 0 || !line.includes('"ready"')) return;
    const { ports } = JSON.parse(line) as { ports: [number] };
    this.#ready.resolve(ports[0]);
  }
}
