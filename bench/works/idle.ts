import { fork } from 'node:child_process';
import { chmod, chown, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Candidate, Upstream } from '../candidate.ts';
import type { Figures } from '../figures.ts';
import type { Crowd } from '../load/crowd.ts';
import { startPgBouncer } from '../pgbouncer.ts';
import { startGatewayProgram } from '../portcullis.ts';
import { memoryOf } from '../process-cost.ts';
import type { Stage } from '../stage.ts';
import { startStunnel } from '../stunnel.ts';
import type { Work } from '../work.ts';
import { wayTo } from './visits.ts';

/** Sessions before memory is first looked at: what a process takes for the first of them is no session's. */
const FIRST = 20;
/** From the last login until memory is looked at, in ms. */
const REST_MS = 2000;
const ROUNDS = 3;

/** W8: resident memory for each idle session. Every turn is a new process, since none gives memory back. */
export function idleWork(stage: Stage, crowd: Crowd, sessions: number): Work {
  return {
    name: `W8 n=${sessions}`,
    unit: 'session',
    candidates: ['pgbouncer', 'stunnel', 'portcullis', 'portcullis-bun'],
    maxRounds: ROUNDS,
    warms: false,
    turn: async ({ name }) => {
      const fake = await startFakeUpstream(stage);
      const candidate = await startAnew(stage, fake.upstream, name);
      try {
        return await idleTurn(crowd, candidate, sessions);
      } finally {
        await candidate.stop();
        fake.stop();
      }
    },
  };
}

async function idleTurn(crowd: Crowd, { port, pid = 0 }: Candidate, sessions: number): Promise<Figures> {
  const hold = (all: number) => (share: number) =>
    ({ kind: 'hold', sessions: Math.round(all * share), ...wayTo(port) }) as const;
  try {
    await crowd.obey(hold(FIRST));
    await setTimeout(REST_MS);
    const before = await memoryOf(pid);
    await crowd.obey(hold(sessions));
    await setTimeout(REST_MS);
    const after = await memoryOf(pid);
    return { rss: after / 1e6, session: (after - before) / 1000 / sessions };
  } finally {
    await crowd.obey(() => ({ kind: 'release' }));
  }
}

async function startAnew(stage: Stage, upstream: Upstream, name: Candidate['name']): Promise<Candidate> {
  switch (name) {
    case 'pgbouncer':
      return await startPgBouncer(stage, upstream, false);
    case 'stunnel':
      return await startStunnel(stage, upstream);
    case 'portcullis':
      return await startGatewayProgram(stage, upstream);
    case 'portcullis-bun':
      return await startGatewayProgram(stage, upstream, { onBun: true });
    default:
      throw new TypeError(`W8 does not know ${name}`);
  }
}

async function startFakeUpstream(stage: Stage): Promise<{ upstream: Upstream; stop: () => void }> {
  const socketDir = await mkdtemp(join(stage.folder, 'fake-'));
  await chmod(socketDir, 0o700);
  if (process.geteuid?.() === 0) await chown(socketDir, stage.account.uid, stage.account.gid);
  const child = fork(new URL('../load/fake-upstream.ts', import.meta.url), [socketDir]);
  const stop = (): void => {
    if (child.connected) child.disconnect();
  };
  stage.teardown(async () => stop());
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the fake upstream ended with ${code}`)));
  });
  return { upstream: { socketDir, port: 5432, asksProof: false }, stop };
}
