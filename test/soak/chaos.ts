import { setTimeout } from 'node:timers/promises';
import type { Database } from './database.ts';
import type { GatewayProcess } from './gateway-process.ts';
import type { Random } from './random.ts';
import { someAddress } from './setting.ts';
import type { Upstream } from './upstream.ts';
import type { World } from './world.ts';

/** What chaos is made with. */
export interface Stage {
  readonly world: World;
  readonly gateway: GatewayProcess;
  readonly upstreams: readonly Upstream[];
  readonly database: Database;
}

type Blow = (stage: Stage, random: Random) => Promise<void>;

/** How long a file stays spoiled or an upstream dead, in ms: long enough to be noticed. */
const SPOILED_MS = 800;

async function editCatalog({ world }: Stage): Promise<void> {
  await world.editCatalog();
}

/** Some addresses are shut out for a while; their sessions are cut. */
async function narrowAllowlist({ world }: Stage): Promise<void> {
  await world.editCatalog('127.0.0.1-127.0.0.15');
  await setTimeout(2 * SPOILED_MS);
  await world.editCatalog();
}

async function killSessions({ gateway }: Stage, random: Random): Promise<void> {
  await gateway.killSessions(someAddress(random));
}

async function spoilCatalog({ world }: Stage): Promise<void> {
  await world.spoilCatalog();
  await setTimeout(SPOILED_MS);
  await world.editCatalog();
}

async function turnCertificate({ world }: Stage): Promise<void> {
  await world.turnCertificate();
}

async function spoilCertificate({ world }: Stage): Promise<void> {
  await world.spoilCertificate();
  await setTimeout(SPOILED_MS);
  await world.turnCertificate();
}

async function hangup({ gateway }: Stage): Promise<void> {
  gateway.hangup();
}

async function killUpstream({ upstreams }: Stage, random: Random): Promise<void> {
  const victim = random.pick(upstreams);
  await victim.die();
  await setTimeout(random.between(0, SPOILED_MS));
  await victim.rise();
}

async function resetUpstream({ upstreams }: Stage, random: Random): Promise<void> {
  random.pick(upstreams).resetAll();
}

async function terminateBackends({ database }: Stage): Promise<void> {
  await database.terminateAll();
}

async function crashDatabase({ database }: Stage): Promise<void> {
  await database.crash();
  // Until it has recovered nobody can ask it anything.
  await setTimeout(SPOILED_MS);
}

const BLOWS: readonly (readonly [weight: number, blow: Blow])[] = [
  [6, editCatalog],
  [1, narrowAllowlist],
  [1, killSessions],
  [2, spoilCatalog],
  [4, turnCertificate],
  [2, spoilCertificate],
  [2, hangup],
  [1, killUpstream],
  [1, resetUpstream],
  [1, terminateBackends],
  [1, crashDatabase],
];

/** One blow after the other until the signal; counts them by name. @param every ms between two, on average. */
export async function wreakHavoc(
  stage: Stage,
  {
    random,
    every,
    signal,
  }: { readonly random: Random; readonly every: number; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  // Each of them once and at the head, so that a short run has seen all.
  const first = BLOWS.map(([, blow]) => blow);
  while (!signal.aborted) {
    const blow = first.shift() ?? random.weighted(BLOWS);
    await blow(stage, random);
    counts.set(blow.name, (counts.get(blow.name) ?? 0) + 1);
    await setTimeout(random.between(every / 2, every * 1.5), undefined, { signal }).catch(() => {});
  }
  return counts;
}
