import fc from 'fast-check';
import t from 'tap';
import type { Trail } from '../../src/trail/trail.ts';
import { verifyTrail } from '../../src/trail/verify.ts';
import { DIR, linesOf, login, openTrail, RING, SIGNING_KEY } from './a-trail.ts';
import { MemoryFiles } from './memory-files.ts';

const publicKeys = [SIGNING_KEY.publicKey];
const DAY = 86_400_000;

/** What a gateway does that may die at any call to the disk; tells of each role whose record is durable. */
type Life = (files: MemoryFiles, acknowledge: (role: string) => void) => Promise<void>;

/** Lives until the end, or until the disk's call `dieAt`. */
async function live(files: MemoryFiles, life: Life, dieAt = Number.POSITIVE_INFINITY): Promise<string[]> {
  const acknowledged: string[] = [];
  files.dieAt = dieAt;
  await Promise.race([life(files, (role) => acknowledged.push(role)), files.died]);
  return acknowledged;
}

interface Remains {
  readonly what: string;
  readonly files: MemoryFiles;
}

/** What the next process may find. */
function remainsOf(files: MemoryFiles): Remains[] {
  return [
    { what: 'a kill', files: files.afterKill() },
    { what: 'a loss of power', files: files.afterPowerLoss(() => Buffer.alloc(0)) },
    {
      what: 'a loss of power, half written',
      files: files.afterPowerLoss((rest) => rest.subarray(0, rest.length / 2)),
    },
    { what: 'a loss of power, zeros', files: files.afterPowerLoss((rest) => Buffer.alloc(rest.length)) },
    {
      what: 'a loss of power, the first page lost',
      files: files.afterPowerLoss((rest) =>
        Buffer.concat([Buffer.alloc(200), rest.subarray(200)]).subarray(0, rest.length),
      ),
    },
  ];
}

/** Opens what is left as the next process would, adds to it, and returns what is wrong. */
async function problemsOf(
  { what, files }: Remains,
  acknowledged: readonly string[],
  now: number,
): Promise<string[]> {
  files.now = now;
  const surroundings = { files, now: () => now };
  const trail = await openTrail(files, { keys: RING, segmentBytes: 3000, surroundings });
  await trail.commit([login('after')]);
  await trail.close();
  const lines = await linesOf(DIR, { files, keys: RING });
  const text = lines.map(({ line }) => line).join('\n');
  const { findings, summary } = await verifyTrail(DIR, { files, keys: RING, publicKeys });
  return [
    ...[...acknowledged, 'after']
      .filter((role) => !text.includes(`"${role}"`))
      .map((role) => `${role} is missing`),
    ...lines.flatMap(({ problem }) => problem ?? []),
    ...findings.map((finding) => JSON.stringify(finding)),
    ...(summary.torn === undefined ? [] : ['a torn line is left']),
  ].map((problem) => `after ${what}: ${problem}`);
}

/** Tries a death at every call of a life. */
async function dieEverywhere(
  begin: () => Promise<MemoryFiles>,
  life: Life,
  now: number,
): Promise<{ calls: number; problems: string[] }> {
  const whole = await begin();
  await live(whole, life);
  const calls = whole.calls.length;
  const problems: string[] = [];
  for (let dieAt = 1; dieAt <= calls; dieAt += 1) {
    const files = await begin();
    const acknowledged = await live(files, life, dieAt);
    for (const remains of remainsOf(files)) {
      const found = await problemsOf(remains, acknowledged, now);
      problems.push(...found.map((problem) => `${dieAt} (${JSON.stringify(files.calls.at(-1))}) ${problem}`));
    }
  }
  return { calls, problems };
}

/** Resolves once what the trail does beside is done: it does one thing at a time. */
async function tidied(trail: Trail): Promise<void> {
  await trail.purge(0, { kind: 'gateway' });
}

/** Commits one after the other and two at a time, with a checkpoint, a rotation or an encryption now and then. */
const busy: Life = async (files, acknowledge) => {
  let elapsed = 0;
  const surroundings = { files, now: () => 0, elapsed: () => elapsed };
  const trail = await openTrail(files, { keys: RING, segmentBytes: 3000, surroundings });
  const commit = async (role: string): Promise<void> => {
    await trail.commit([login(role), login(`${role}-too`)]);
    acknowledge(role);
    acknowledge(`${role}-too`);
  };
  for (let round = 0; round < 3; round += 1) {
    elapsed += 700;
    await commit(`alone-${round}`);
    trail.record(login(`recorded-${round}`));
    await Promise.all([commit(`left-${round}`), commit(`right-${round}`)]);
    await tidied(trail);
  }
  await trail.close();
};

t.test('Whenever the gateway dies, what was acknowledged is there, and the chain holds.', async (t) => {
  const { calls, problems } = await dieEverywhere(async () => new MemoryFiles(), busy, 0);
  t.ok(calls > 40, `${calls} calls`);
  t.same(problems, []);
});

/** A trail of several segments from day 0. */
async function oldTrail(): Promise<MemoryFiles> {
  const files = new MemoryFiles();
  await live(files, busy);
  return files.afterKill();
}

/** A start on day 40, when all of them are too old. */
const late: Life = async (files, acknowledge) => {
  const surroundings = { files, now: () => 40 * DAY };
  const trail = await openTrail(files, { keys: RING, segmentBytes: 3000, surroundings });
  await trail.commit([login('late')]);
  acknowledge('late');
  await tidied(trail);
  await trail.close();
};

t.test(
  'Whenever the gateway dies while old segments are deleted, the trail explains what is gone.',
  async (t) => {
    const { calls, problems } = await dieEverywhere(oldTrail, late, 40 * DAY);
    t.ok(calls > 12, `${calls} calls`);
    t.same(problems, []);
  },
);

t.test('Whenever the gateway dies while it mends what a death left, the next start mends it.', async (t) => {
  const torn = async (): Promise<MemoryFiles> => {
    const files = new MemoryFiles();
    await live(files, busy, 30);
    return files.afterKill();
  };
  const { problems } = await dieEverywhere(torn, late, DAY);
  t.same(problems, []);
});

t.test('Deaths at random, one after the other, lose nothing.', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 6 }), async (deaths) => {
      let files = new MemoryFiles();
      const all: string[] = [];
      for (const [life, dieAt] of deaths.entries()) {
        const acknowledged = await live(
          files,
          async (disk, acknowledge) => {
            await busy(disk, (role) => acknowledge(`${role}-${life}`));
          },
          dieAt,
        );
        all.push(...acknowledged.map((role) => role.slice(0, role.lastIndexOf('-'))));
        files = dieAt % 2 === 0 ? files.afterKill() : files.afterPowerLoss((rest) => rest.subarray(0, dieAt));
      }
      const problems = await problemsOf({ what: 'all', files }, all, 0);
      if (problems.length > 0) throw new Error(problems.join('\n'));
    }),
    { numRuns: 40 },
  );
  t.pass();
});
