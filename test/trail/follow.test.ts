import { appendFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import t from 'tap';
import { followRecords } from '../../src/trail/follow.ts';
import { loadSigningKey } from '../../src/trail/signing-key.ts';
import { Trail } from '../../src/trail/trail.ts';
import type { TrailOptions } from '../../src/trail/trail-options.ts';
import { login, RING } from './a-trail.ts';

// A follower in the gateway lives by the gateway's own handles.
const alive = setInterval(() => undefined, 60_000);
t.teardown(() => clearInterval(alive));

async function trailIn(folder: string, options: Partial<TrailOptions> = {}): Promise<Trail> {
  const dir = `${folder}/audit`;
  const signingKey = await loadSigningKey(`${folder}/audit.key`, dir);
  return await Trail.open({ dir, signingKey, keys: RING, segmentBytes: 3000, ...options });
}

/** Follows until so many records came. */
async function follow(
  dir: string,
  count: number,
  options: Parameters<typeof followRecords>[1] = {},
): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { sequence } of followRecords(dir, { keys: RING, ...options })) {
    sequences.push(sequence);
    if (sequences.length === count) break;
  }
  return sequences;
}

t.test('A follower hears every record, across segments and their encryption.', async (t) => {
  const folder = t.testdir();
  const trail = await trailIn(folder);
  const all = Array.from({ length: 30 }, (_, index) => index + 1);
  const followers = [
    follow(`${folder}/audit`, 30),
    follow(`${folder}/audit`, 30, { durable: trail.durable }),
    follow(`${folder}/audit`, 10, { from: 21 }),
  ];
  for (let n = 0; n < 10; n += 1) {
    await trail.commit([login('a'), login('b'), login('c')]);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  const [polled, waited, late] = await Promise.all(followers);
  t.same(polled, all);
  t.same(waited, all);
  t.same(late, all.slice(20));
  await trail.close();
});

t.test('A follower waits for a directory that is not there yet, and survives its loss.', async (t) => {
  const folder = t.testdir();
  const told = followRecords(`${folder}/audit`);
  const first = told.next();
  const trail = await trailIn(folder);
  await trail.commit([login('a')]);
  t.match(await first, { value: { sequence: 1 } });
  await rm(`${folder}/audit`, { recursive: true });
  await t.rejects(trail.commit([login('b')]), { message: /removed/ });
  // One that was written into the removed file may come first: only `durable` keeps it away.
  for await (const { line, sequence } of told) {
    t.equal(sequence, 2);
    if (line.includes('"recovered"')) break;
  }
  await trail.close();
});

t.test('A line that is still being written is not told, but once it has its end.', async (t) => {
  const folder = t.testdir({ audit: {} });
  const path = `${folder}/audit/0000000000000001.jsonl`;
  writeFileSync(path, '{"sequence":1,"uid":"a"}\n{"sequence":2,');
  const told: string[] = [];
  for await (const { line } of followRecords(`${folder}/audit`)) {
    told.push(line);
    if (told.length === 1) setImmediate(() => appendFileSync(path, '"uid":"b"}\n'));
    else break;
  }
  t.same(told, ['{"sequence":1,"uid":"a"}', '{"sequence":2,"uid":"b"}']);
});

t.test('A follower in the gateway is told nothing that is not durable.', async (t) => {
  const folder = t.testdir();
  const trail = await trailIn(folder);
  await trail.commit([login('a')]);
  appendFileSync(`${folder}/audit/0000000000000001.jsonl`, '{"sequence":2,"uid":"b"}\n');
  const signal = AbortSignal.timeout(200);
  t.same(await follow(`${folder}/audit`, 2, { durable: trail.durable, signal }), [1]);
  await trail.close();
});

t.test('Following ends with its signal.', async (t) => {
  const folder = t.testdir({ audit: {} });
  const aborted = new AbortController();
  const following = follow(`${folder}/audit`, 1, { signal: aborted.signal });
  setImmediate(() => aborted.abort());
  t.same(await following, []);
});
