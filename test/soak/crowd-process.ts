import { setTimeout } from 'node:timers/promises';
import { passwordKeys } from '../../src/scram/credentials.ts';
import { atMost } from '../../src/scram/limiter.ts';
import { PASSWORD } from './account.ts';
import { act } from './actor.ts';
import { Random } from './random.ts';
import type { Setting } from './setting.ts';
import { type Tally, Tallying } from './tally.ts';

/** Clients of the gate, in a process of their own. Forked by `crowd.ts`. */

export interface CrowdOrder {
  readonly kind: 'come';
  readonly port: number;
  readonly sessions: number;
  readonly seed: number;
  /** Longest rest of a session between two errands, in ms. */
  readonly rest: number;
}

export type CrowdCommand = CrowdOrder | { readonly kind: 'leave' };
export interface CrowdReport {
  readonly kind: 'tally' | 'gone';
  readonly tally: Tally;
}

/** So many log in at a time: more would only wait for each other, past the gate's deadline. */
const LOGINS_AT_A_TIME = 32;
const REPORT_EVERY_MS = 500;
/** What still runs when it is time to leave has so long to end. */
const LEAVE_MS = 60_000;

const tallying = new Tallying();
const leave = new AbortController();

function report(kind: CrowdReport['kind']): void {
  process.send?.({ kind, tally: tallying.tally } satisfies CrowdReport);
}

async function come({ port, sessions, seed, rest }: CrowdOrder): Promise<void> {
  const reporting = setInterval(() => report('tally'), REPORT_EVERY_MS);
  const random = new Random(seed);
  const inTurn = atMost(LOGINS_AT_A_TIME);
  const credentials = passwordKeys(PASSWORD);
  const { signal } = leave;
  const pause = (ms: number): Promise<void> => setTimeout(ms, undefined, { signal }).catch(() => {});
  const actors = Array.from({ length: sessions }, () => {
    const setting: Setting = {
      port,
      random: random.fork(),
      tallying,
      credentials,
      rest,
      pause,
      leaving: () => signal.aborted,
    };
    return act(setting, inTurn);
  });
  await Promise.race([Promise.all(actors), overdue(signal)]);
  clearInterval(reporting);
  report('gone');
}

/** Rejects never: who stays too long is a finding. */
async function overdue(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  await setTimeout(LEAVE_MS, undefined, { ref: false });
  const busy = `some visitors were still busy ${LEAVE_MS / 1000} s after they were to leave`;
  tallying.find(`${busy}: ${tallying.busy}`);
}

process.on('message', (command: CrowdCommand) => {
  if (command.kind === 'come') void come(command);
  else leave.abort();
});
// Whoever forked it is gone, or has heard all it wants.
process.on('disconnect', () => process.exit(0));
