import { type ChildProcess, fork } from 'node:child_process';
import type { WithTeardown } from '../../test/support/postgres.ts';
import type { LoadOrder, LoadReport } from './order.ts';

/** As many as keep a proxy of one thread busy, with what is left of two cores. */
const PROCESSES = 2;

/** The processes that play clients. */
export class Crowd {
  readonly #members: readonly ChildProcess[];

  constructor(t: WithTeardown) {
    const file = new URL('process.ts', import.meta.url);
    this.#members = Array.from({ length: PROCESSES }, () => fork(file));
    t.teardown(async () => {
      for (const member of this.#members) member.disconnect();
    });
  }

  /** Gives each its share of an order. @returns what they report @throws Error where one could not */
  async obey(orderOf: (share: number) => LoadOrder): Promise<LoadReport[]> {
    const reports = await Promise.all(
      this.#members.map((member) => tell(member, orderOf(1 / this.#members.length))),
    );
    for (const said of reports) if (said.kind === 'failed') throw new Error(`the load: ${said.reason}`);
    return reports;
  }
}

function tell(member: ChildProcess, order: LoadOrder): Promise<LoadReport> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`a load process ended with ${code}`));
    member.once('exit', onExit);
    member.once('message', (said) => {
      member.off('exit', onExit);
      resolve(said as LoadReport);
    });
    member.send(order);
  });
}
