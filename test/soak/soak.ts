import { setTimeout } from 'node:timers/promises';
import { cancelRequest } from '../support/frontend-messages.ts';
import { passableFolder, type WithTeardown } from '../support/postgres.ts';
import { testCertificate } from '../support/server-certificate.ts';
import { type Stage, wreakHavoc } from './chaos.ts';
import { Crowd } from './crowd.ts';
import { Database } from './database.ts';
import { compareFigures, describeFigures, type Figures } from './figures.ts';
import { GatewayProcess } from './gateway-process.ts';
import type { SoakOptions } from './options.ts';
import { Random } from './random.ts';
import type { SpentKey, Tally } from './tally.ts';
import { Upstream } from './upstream.ts';
import { Visitor } from './visitor.ts';
import { World } from './world.ts';

/** A crowd as large as the later one comes first, so that what a gateway needs once is there before it is measured. */
const WARM_UP_SHARE = 0.15;
/** It ends early once so many of its sessions have been there at a time. */
const FULL = 0.98;
const MAX_WARM_UP_S = 90;
/**
 * Longest rest of a session between two errands, in ms a session: about 25 come and go in a second then, which
 * leaves a slow machine time. Less where the whole run is short, in ms a second of it.
 */
const REST_PER_SESSION = 30;
const REST_PER_SECOND = 200;
/** Mean time between two blows, in ms. */
const MAX_BLOW_MS = 5000;
const BLOW_PER_SECOND = 40;
/** Until everything has ended that ends by itself, in ms: a farewell, a write stall. */
const SETTLE_MS = 30_000;
const LOOK_AGAIN_MS = 200;
const PROGRESS_S = 5;

const MB = 1024 * 1024;

const NO_BLOWS: Promise<ReadonlyMap<string, number>> = Promise.resolve(new Map());

/** What a soak came to. It was good where `findings` is empty. */
export interface SoakReport {
  readonly before: Figures;
  readonly after: Figures;
  /** The most sessions that were logged in at a time. */
  readonly peak: number;
  readonly tally: Tally;
  readonly endings: ReadonlyMap<string, number>;
  readonly messages: ReadonlyMap<string, number>;
  readonly blows: ReadonlyMap<string, number>;
  readonly findings: readonly string[];
}

/** Runs it all. @param t ends what was started, whatever happens. */
export async function soak(
  t: WithTeardown,
  options: SoakOptions,
  progress: (line: string) => void,
): Promise<SoakReport> {
  const stage = await raise(t);
  const { gateway } = stage;
  const random = new Random(options.seed);

  progress(`warming up with ${options.sessions} sessions`);
  const first = await round(stage, options, { random, progress, warmUp: true });
  const before = await gateway.figures();
  progress(`before: ${describeFigures(before)}`);
  const second = await round(stage, options, { random, progress, warmUp: false });
  const after = await gateway.figures();
  progress(`after:  ${describeFigures(after)}`);

  const findings = [...first.findings, ...second.findings, ...compareFigures(before, after)];
  findings.push(...(await leftUpstream(stage)), ...(await replay(gateway, second.tally.spent)));
  findings.push(...(await farewell(stage)));
  const { endings, messages } = gateway.judge;
  return { before, after, endings, messages, findings, ...pick(second) };
}

interface Round {
  readonly peak: number;
  readonly tally: Tally;
  readonly blows: ReadonlyMap<string, number>;
  readonly findings: readonly string[];
}

const pick = ({ peak, tally, blows }: Round): Pick<SoakReport, 'peak' | 'tally' | 'blows'> => ({
  peak,
  tally,
  blows,
});

async function raise(t: WithTeardown): Promise<Stage> {
  const database = await Database.start(t);
  const tlsCertificate = await testCertificate();
  const upstreams = [await Upstream.start('plain'), await Upstream.start('tls', tlsCertificate)];
  for (const upstream of upstreams) t.teardown(() => upstream.die());
  const [plainPort = 0, tlsPort = 0] = upstreams.map(({ port }) => port);
  const where = { plainPort, tlsPort, tlsCertificate, database };
  const world = await World.make(await passableFolder(t), where);
  const gateway = await GatewayProcess.start(world);
  t.teardown(async () => void (await gateway.stop()));
  return { world, gateway, upstreams, database };
}

interface Conditions {
  readonly random: Random;
  readonly progress: (line: string) => void;
  /** It ends when everyone has come, and nobody is struck. */
  readonly warmUp: boolean;
}

/** A crowd comes, blows fall, everyone leaves, and all settles. */
async function round(stage: Stage, options: SoakOptions, conditions: Conditions): Promise<Round> {
  const { gateway } = stage;
  const { seconds, sessions } = options;
  const { random, warmUp } = conditions;
  const rest = Math.min(sessions * REST_PER_SESSION, seconds * REST_PER_SECOND);
  const crowd = Crowd.come({ port: gateway.port, sessions, seed: random.fork().between(0, 2 ** 31), rest });
  const over = new AbortController();
  const every = Math.min(MAX_BLOW_MS, seconds * BLOW_PER_SECOND);
  const havoc = warmUp ? NO_BLOWS : wreakHavoc(stage, { random: random.fork(), every, signal: over.signal });
  const peak = await watch({ gateway, crowd }, options, conditions);
  over.abort();
  const blows = await havoc;
  const tally = await crowd.leave();
  const findings = [...tally.findings.map((finding) => `a visitor: ${finding}`), ...(await settled(gateway))];
  return { peak, tally, blows, findings };
}

/** Looks on for as long as it lasts. @returns the most sessions that were live at a time. */
async function watch(
  { gateway, crowd }: { readonly gateway: GatewayProcess; readonly crowd: Crowd },
  { seconds, sessions }: SoakOptions,
  { progress, warmUp }: Conditions,
): Promise<number> {
  const least = seconds * WARM_UP_SHARE;
  const longest = warmUp ? Math.max(least, MAX_WARM_UP_S) : seconds;
  const startedAt = performance.now();
  let peak = 0;
  for (let said = 0, elapsed = 0; elapsed < longest && gateway.exit === undefined; ) {
    await setTimeout(LOOK_AGAIN_MS);
    elapsed = (performance.now() - startedAt) / 1000;
    peak = Math.max(peak, crowd.tally.live);
    if (warmUp && elapsed > least && peak >= sessions * FULL) break;
    if (elapsed - said < PROGRESS_S) continue;
    said = elapsed;
    progress(progressLine(crowd.tally, gateway, elapsed));
  }
  return peak;
}

function progressLine({ counts, live, findings }: Tally, gateway: GatewayProcess, elapsed: number): string {
  const failed = findings.length + gateway.judge.findingCount;
  return (
    `${elapsed.toFixed(0)} s: ${live} sessions live, ${counts['login'] ?? 0} logins, ` +
    `${gateway.judge.connections} connections ended in all, ` +
    `${(gateway.residentBytes / MB).toFixed(0)} MB resident, ${failed} findings`
  );
}

/** Waits until the gateway says that nobody is there. @returns a finding where it does not come to that. */
async function settled(gateway: GatewayProcess): Promise<string[]> {
  let live = Number.NaN;
  for (let waited = 0; waited < SETTLE_MS; waited += LOOK_AGAIN_MS) {
    if (gateway.exit !== undefined) return [`the gateway ended: ${gateway.exit}`];
    live = (await gateway.metrics()).get('portcullis_live_sessions') ?? Number.NaN;
    if (live === 0) return [];
    await setTimeout(LOOK_AGAIN_MS);
  }
  return [`${live} sessions were live ${SETTLE_MS / 1000} s after everyone had left`];
}

/** Connections that the upstreams still have of us. */
async function leftUpstream({ upstreams, database }: Stage): Promise<string[]> {
  const findings = upstreams.flatMap(({ crashes }) => crashes);
  for (const upstream of upstreams) {
    const left = await upstream.connections();
    if (left > 0) findings.push(`${left} connections to the upstream ${upstream.name} are left`);
  }
  const backends = await database.sessions();
  if (backends > 0) findings.push(`${backends} sessions in the database are left`);
  return findings;
}

/** Cancel keys of sessions that are no more: none may be known. */
async function replay(gateway: GatewayProcess, spent: readonly SpentKey[]): Promise<string[]> {
  const refused = (): number =>
    gateway.judge.count('refused/cancel-key') + gateway.judge.count('refused/cancel-late');
  const before = refused();
  for (const { pid, key } of spent) {
    const visitor = await Visitor.arrive(gateway.port, '127.0.0.1');
    visitor.leg.write(cancelRequest(pid, Buffer.from(key, 'hex')));
    await visitor.leg.ended();
    visitor.destroy();
  }
  await settled(gateway);
  const honoured = before + spent.length - refused();
  return honoured === 0 ? [] : [`${honoured} spent cancel keys were honoured`];
}

/** The gateway leaves in order, and its log has nothing that does not belong there. */
async function farewell({ gateway }: Stage): Promise<string[]> {
  const exit = gateway.exit ?? (await gateway.stop());
  const { judge } = gateway;
  const findings = judge.findings.map((line) => `the log: ${line}`);
  if (judge.findingCount > findings.length) findings.push(`… ${judge.findingCount} such lines in all`);
  return exit === '0' ? findings : [`the gateway ended with ${exit}`, ...findings];
}
