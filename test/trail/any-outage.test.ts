import fc from 'fast-check';
import t from 'tap';
import { TrailUnavailable } from '../../src/trail/error.ts';
import type { Trail } from '../../src/trail/trail.ts';
import { DIR, linesOf, login, RING } from './a-trail.ts';
import { findingsOf, watched } from './an-outage.ts';
import { MemoryFiles, systemError } from './memory-files.ts';

// The trail's own timers keep no process alive, and this disk is no handle.
const alive = setInterval(() => undefined, 60_000);
t.teardown(() => clearInterval(alive));

async function commits(trail: Trail, acknowledged: string[], name: string): Promise<void> {
  try {
    await trail.commit([login(name)]);
    acknowledged.push(name);
  } catch (error) {
    if (!(error instanceof TrailUnavailable)) throw error;
  }
}

t.test('Whatever fails, whenever and for how long: what was acknowledged is there, once.', async (t) => {
  const fault = fc.record({
    from: fc.integer({ min: 1, max: 60 }),
    calls: fc.integer({ min: 1, max: 5 }),
    code: fc.constantFrom('ENOSPC', 'EIO', 'EROFS'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (faults, sealed) => {
        const files = new MemoryFiles();
        const options = { segmentBytes: 3000, ...(sealed ? { keys: RING } : {}) };
        const { trail, until } = await watched(files, options);
        files.fault = () => {
          const call = files.calls.length;
          const hit = faults.find(({ from, calls }) => call >= from && call < from + calls);
          return hit && systemError(hit.code);
        };
        const acknowledged: string[] = [];
        const recorded: string[] = [];
        for (let round = 0; round < 8; round += 1) {
          trail.record(login(`recorded-${round}`));
          recorded.push(`recorded-${round}`);
          await Promise.all([1, 2].map((n) => commits(trail, acknowledged, `c-${round}-${n}`)));
          await until(true);
        }
        files.fault = () => undefined;
        await until(true);
        await trail.close();
        const lines = await linesOf(DIR, { files, keys: RING });
        const wrong = [...acknowledged, ...recorded].filter(
          (role) => lines.filter(({ line }) => line.includes(`"${role}"`)).length !== 1,
        );
        const found = [...wrong, ...(await findingsOf(files)).map((finding) => JSON.stringify(finding))];
        if (found.length > 0) throw new Error(found.join('\n'));
      },
    ),
    { numRuns: 60 },
  );
  t.pass();
});
