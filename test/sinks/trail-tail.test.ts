import t from 'tap';
import type { TrailRecord } from '../../src/sinks/sink.ts';
import { HELD_LENGTH, TrailTail } from '../../src/sinks/trail-tail.ts';
import { HandmadeTrail } from './a-trail.ts';

/** ms in which nothing comes. */
const SHORT = 300;
const LONG = 20_000;

/** The next records, so many of them. */
async function next(tail: TrailTail, count: number): Promise<TrailRecord[]> {
  const found: TrailRecord[] = [];
  while (found.length < count) {
    const records = await tail.read(LONG);
    if (records.length === 0) throw new Error(`${found.length} records came, not ${count}`);
    found.push(...records);
  }
  return found;
}

async function sequences(tail: TrailTail, count: number): Promise<number[]> {
  return (await next(tail, count)).map(({ sequence }) => sequence);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

t.test(
  'It reads every record as it stands, from segment to segment, and goes on as they grow.',
  async (t) => {
    const trail = await HandmadeTrail.at(t);
    const tail = new TrailTail(trail, 0);
    t.same(await tail.read(SHORT), [], 'before there is a file');
    await trail.add(3);
    const found = await next(tail, 3);
    t.same(
      found.map(({ line }) => line),
      trail.lines.slice(1),
    );
    t.match(found[0], { sequence: 1, uid: /^0{8}-/, chain: /^6c5b/, event: { class_uid: 6002 } });
    trail.rotate();
    await trail.add(2);
    trail.rotate();
    await trail.add(1);
    t.same(await sequences(tail, 3), [4, 5, 6]);
    t.same(await tail.read(SHORT), []);
    await trail.add(1);
    t.same(await sequences(tail, 1), [7]);
    t.equal(tail.missed, 0);
    await tail.close();
  },
);

t.test(
  'Nothing is read that is not durable, and what is cut off there and written anew is read anew.',
  async (t) => {
    const trail = await HandmadeTrail.at(t);
    await trail.add(2);
    const [torn = ''] = trail.make(1);
    await trail.append([torn], 3);
    const tail = new TrailTail(trail, 0);
    t.same(await sequences(tail, 2), [1, 2]);
    t.same(await tail.read(SHORT), []);
    const other = torn.replace('catalog', 'another');
    await trail.overwrite(`${trail.lines[1]}\n${trail.lines[2]}\n${other}\n`);
    trail.durable.advance(3);
    t.same(
      (await next(tail, 1)).map(({ line }) => line),
      [other],
    );
    await tail.close();
  },
);

t.test('What was purged before it was read is counted, and the rest is read.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  const ended: string[] = [];
  for (let segment = 0; segment < 4; segment += 1) {
    await trail.add(2);
    ended.push(trail.rotate());
  }
  for (const name of ended.slice(1, 3)) await trail.remove(name);
  const tail = new TrailTail(trail, 1);
  t.same(await sequences(tail, 4), [1, 2, 7, 8]);
  t.equal(tail.missed, 4);
  await tail.close();
  for (const name of ended.slice(0, 1)) await trail.remove(name);
  const fresh = new TrailTail(trail, 0);
  t.same(await sequences(fresh, 2), [7, 8]);
  t.equal(fresh.missed, 0, 'nobody has waited for what came before');
  await fresh.close();
});

t.test('A chunk is held, however much there is to read.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  await trail.add(1000);
  const tail = new TrailTail(trail, 5);
  const found: number[] = [];
  while (found.length < 996) {
    const records = await tail.read(LONG);
    const [first] = records;
    const length = records.reduce((sum, { line }) => sum + line.length, 0);
    t.ok(length < HELD_LENGTH + (first?.line.length ?? 0) + 10, `${length} characters`);
    found.push(...records.map(({ sequence }) => sequence));
  }
  t.same(found, range(5, 1000));
  await tail.close();
});

t.test('It can be closed at any time, with records held or without.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  await new TrailTail(trail, 0).close();
  await trail.add(1000);
  const tail = new TrailTail(trail, 0);
  t.ok((await tail.read(LONG)).length > 0);
  await tail.close();
});

t.test('What the files’ reader throws is thrown, after what it had read.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  await trail.add(2);
  const tail = new TrailTail(
    { dir: `${trail.dir}/0000000000000001.jsonl`, keys: undefined, durable: trail.durable },
    0,
  );
  await t.rejects(tail.read(LONG), { code: 'ENOTDIR' });
  await tail.close();
});
