import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { CrowdCommand, CrowdOrder, CrowdReport } from './crowd-process.ts';
import { mergeTallies, type Tally } from './tally.ts';

/** A process has so many clients at most; more would wait for each other's turn on its one core. */
const SESSIONS_PER_PROCESS = 1000;

const NOTHING: Tally = { counts: {}, findings: [], live: 0, spent: [] };

/** The clients: a few processes of them. */
export class Crowd {
  readonly #processes: ChildProcess[] = [];
  readonly #tallies: Tally[] = [];
  readonly #gone: Promise<void>[] = [];

  /** @param order `sessions` in all. */
  static come(order: Omit<CrowdOrder, 'kind'>): Crowd {
    const crowd = new Crowd();
    const count = Math.ceil(order.sessions / SESSIONS_PER_PROCESS);
    for (let n = 0; n < count; n += 1) {
      const sessions = Math.ceil((order.sessions - n) / count);
      crowd.#fork({ ...order, kind: 'come', sessions, seed: (order.seed + n) >>> 0 });
    }
    return crowd;
  }

  get tally(): Tally {
    return mergeTallies(this.#tallies);
  }

  /** Everyone leaves. @returns what they saw; a process that died is among the findings. */
  async leave(): Promise<Tally> {
    for (const child of this.#processes)
      if (child.connected) child.send({ kind: 'leave' } satisfies CrowdCommand);
    await Promise.all(this.#gone);
    for (const child of this.#processes) if (child.connected) child.disconnect();
    return this.tally;
  }

  #fork(order: CrowdOrder): void {
    const child = fork(new URL('./crowd-process.ts', import.meta.url), { stdio: ['ignore', 2, 2, 'ipc'] });
    const n = this.#processes.push(child) - 1;
    this.#tallies[n] = NOTHING;
    const gone = Promise.withResolvers<void>();
    child.on('message', ({ kind, tally }: CrowdReport) => {
      this.#tallies[n] = tally;
      if (kind === 'gone') gone.resolve();
    });
    void once(child, 'exit').then(([code, signal]) => {
      const last = this.#tallies[n] ?? NOTHING;
      const finding = `a crowd's process ended: ${String(signal ?? code)}`;
      if (code !== 0) this.#tallies[n] = { ...last, findings: [...last.findings, finding] };
      gone.resolve();
    });
    this.#gone.push(gone.promise);
    child.send(order satisfies CrowdCommand);
  }
}
