import { ConnectionClosed } from '../../src/legs/leg.ts';
import { ROLE } from './account.ts';
import * as endings from './endings.ts';
import * as errands from './errands.ts';
import * as intruders from './intruders.ts';
import { type Setting, someAddress } from './setting.ts';
import { Fatal, Visitor } from './visitor.ts';

/**
 * What an upstream's death, a limit or a look-up in vain may say to a session that did nothing wrong: 08P01
 * upstream lost, 57P01 terminated, cut for age or stall, 57P02 crash, 57P03 not reachable or starting, 57P05 idle.
 */
const FATAL_STATES: ReadonlySet<string> = new Set(['08P01', '57P01', '57P02', '57P03', '57P05']);

/** Not the 28000 of anything else. */
const SHUT_OUT = 'is not allowed to connect to this endpoint';

/** Where to, and how often: most sessions are served by the fakes, some by real PostgreSQL. */
const ENDPOINTS = [
  [60, 'ep-plain'],
  [36, 'ep-tls'],
  [4, 'ep-real'],
] as const;

const ERRANDS = [
  [40, errands.small],
  [10, errands.pipelined],
  [5, errands.download],
  [5, errands.upload],
  [4, errands.slowDownload],
  [1, errands.stall],
  [8, errands.cancel],
] as const;

const ENDINGS = [
  [6, endings.inOrder],
  [2, endings.withoutTerminate],
  [1, endings.terminateAndWait],
  [2, endings.halfClosed],
  [2, endings.resetIdle],
  [1, endings.resetInRows],
  [2, endings.killedInStatement],
  [1, endings.inMidFrame],
] as const;

const INTRUDERS = [
  [3, intruders.portScan],
  [1, intruders.garbage],
  [1, intruders.earlyBytes],
  [1, intruders.brokenHello],
  [1, intruders.plainStartup],
  [1, intruders.malformedStartup],
  [3, intruders.guess],
  [2, intruders.quitInSasl],
  [2, intruders.guessCancelKey],
  [1, intruders.trickle],
] as const;

const INTRUDER_SHARE = 0.2;
const MAX_ERRANDS = 5;
/** After a failure, so that a dead upstream is not asked at full speed, in ms. */
const DISCOURAGED = 1000;

export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** Comes and goes until it is time to leave. @param inTurn bounds how many log in at a time. */
export async function act(setting: Setting, inTurn: InTurn): Promise<void> {
  const { random, leaving, tallying, pause, rest } = setting;
  await pause(random.between(0, rest / 4));
  while (!leaving()) {
    if (random.chance(INTRUDER_SHARE)) {
      const intruder = random.weighted(INTRUDERS);
      await inTurn(async () => {
        if (!leaving())
          await noting(setting, intruder.name, () =>
            tallying.during(intruder.name, () => intruders.intrude(intruder, setting)),
          );
      });
      continue;
    }
    // A turn may come late: who stood in the queue when it was time to leave does not come in any more.
    const visitor = await inTurn(async () =>
      leaving()
        ? undefined
        : await noting(setting, 'login', () => tallying.during('login', () => enter(setting))),
    );
    if (visitor === undefined) {
      await pause(DISCOURAGED);
      continue;
    }
    tallying.live += 1;
    await noting(setting, 'session', () => stay(visitor, setting));
    tallying.live -= 1;
    visitor.destroy();
    tallying.spend(visitor.pid, visitor.key);
  }
}

async function enter({ port, random, credentials }: Setting): Promise<Visitor> {
  const visitor = await Visitor.arrive(port, someAddress(random));
  try {
    const endpoint = random.weighted(ENDPOINTS);
    const bySni = random.chance(0.7);
    const servername = bySni ? `${endpoint}.localhost` : 'localhost';
    await visitor.secure({ direct: random.chance(0.3), servername });
    await visitor.logIn({
      user: ROLE,
      credentials,
      channelBinding: random.pick(['disable', 'prefer', 'require']),
      minor: random.pick([0, 2]),
      endpoint: bySni ? undefined : endpoint,
    });
    return visitor;
  } catch (error) {
    visitor.destroy();
    throw error;
  }
}

async function stay(visitor: Visitor, setting: Setting): Promise<void> {
  const { random, pause, rest, leaving, tallying } = setting;
  const count = random.between(0, MAX_ERRANDS);
  for (let n = 0; n < count && !leaving(); n += 1) {
    const errand = random.weighted(ERRANDS);
    await tallying.during(errand.name, () => errand(visitor, setting));
    tallying.count(errand.name);
    await pause(random.between(0, rest));
  }
  const ending = random.weighted(ENDINGS);
  await tallying.during(ending.name, () => ending(visitor, setting));
  tallying.count(ending.name);
}

/** Runs it and counts how it went. @returns undefined where it failed in a way that belongs to a soak. */
async function noting<T>(
  { tallying }: Setting,
  what: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    const result = await work();
    tallying.count(what);
    return result;
  } catch (error) {
    if (error instanceof ConnectionClosed) tallying.count(`${what}: closed`);
    else if (error instanceof Fatal && belongs(error)) tallying.count(`${what}: ${error.sqlstate}`);
    else
      tallying.find(`${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    return undefined;
  }
}

function belongs({ sqlstate, message }: Fatal): boolean {
  return FATAL_STATES.has(sqlstate) || message.includes(SHUT_OUT);
}
