import type { Leg } from '../../src/legs/leg.ts';
import type { HoldOrder, LoadOrder, LoadReport, VisitOrder } from './order.ts';
import { settleIn, visit } from './visits.ts';

/** One of the processes that make the load. Forked by crowd.ts. */

/** Sessions that log in at a time where many are to be held. */
const LOGINS_AT_A_TIME = 8;

const held: Leg[] = [];

function report(said: LoadReport): void {
  process.send?.(said);
}

async function makeVisits(order: VisitOrder): Promise<void> {
  const latencies: number[] = [];
  const until = performance.now() + order.seconds * 1000;
  const lane = async (): Promise<void> => {
    while (performance.now() < until) latencies.push(await visit(order.visit, order));
  };
  await Promise.all(Array.from({ length: order.lanes }, lane));
  report({ kind: 'visited', latencies });
}

async function hold(order: HoldOrder): Promise<void> {
  let left = order.sessions;
  const lane = async (): Promise<void> => {
    while (left-- > 0) held.push(await settleIn(order));
  };
  await Promise.all(Array.from({ length: LOGINS_AT_A_TIME }, lane));
  report({ kind: 'held' });
}

function release(): void {
  for (const leg of held.splice(0)) leg.destroy();
  report({ kind: 'released' });
}

async function obey(order: LoadOrder): Promise<void> {
  if (order.kind === 'visit') await makeVisits(order);
  else if (order.kind === 'hold') await hold(order);
  else release();
}

process.on('message', (order: LoadOrder) => {
  obey(order).catch((error: unknown) =>
    report({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
  );
});
// Whoever forked it is gone.
process.on('disconnect', () => process.exit(0));
