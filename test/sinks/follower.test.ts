import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { HELD_LENGTH } from '../../src/sinks/trail-tail.ts';
import { HandmadeTrail } from './a-trail.ts';
import { follow, RecordingSink } from './following.ts';
import { until } from './syslog-server.ts';

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

async function positionIn(trail: HandmadeTrail): Promise<{ sequence: number }> {
  return JSON.parse(await readFile(join(trail.dir, 'positions', 'recording.json'), 'utf8'));
}

t.test(
  'A new sink gets every record there is, and each that comes; the next process goes on there.',
  async (t) => {
    const trail = await HandmadeTrail.at(t);
    await trail.add(5);
    const sink = new RecordingSink();
    const { follower, changes } = follow(t, sink, trail);
    await until(() => sink.got.length === 5);
    await trail.add(3);
    await until(() => sink.got.length === 8);
    t.same(follower.state, { name: 'recording', connected: true, behind: 0 });
    await trail.add(1);
    await follower.close();
    t.same(sink.got, range(1, 9), 'with what was durable when it was told to end');
    t.match(await positionIn(trail), { sequence: 9, uid: /-000000000009$/, chain: /^6c5b/ });
    t.equal((await stat(join(trail.dir, 'positions'))).mode & 0o777, 0o700);
    t.equal((await stat(join(trail.dir, 'positions', 'recording.json'))).mode & 0o777, 0o600);
    await trail.add(2);
    const next = new RecordingSink();
    const second = follow(t, next, trail);
    await until(() => next.got.length === 2);
    await second.follower.close();
    t.same(next.got, [10, 11]);
    t.same(changes, []);
  },
);

t.test('An outage holds nothing up and costs no record; how far it is behind can be seen.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  const sink = new RecordingSink();
  sink.failing = 'deliver';
  const { follower, changes } = follow(t, sink, trail);
  await trail.add(2000);
  await until(() => changes.length === 1);
  t.same(follower.state, {
    name: 'recording',
    connected: false,
    behind: 2000,
    reason: 'nobody takes it',
  });
  sink.failing = undefined;
  await until(() => sink.got.length >= 2000);
  t.same(sink.got, range(1, 2000));
  t.same(
    changes.map(({ connected }) => connected),
    [false, true],
  );
  t.ok(sink.largest <= HELD_LENGTH + 3000, 'a chunk at a time');
});

t.test('What was handed over and did not arrive is handed over again.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  const sink = new RecordingSink(100);
  const { follower } = follow(t, sink, trail);
  await trail.add(2);
  await until(() => sink.settled === 2);
  sink.failing = 'settle';
  await trail.add(3);
  await until(() => !follower.state.connected);
  t.equal(follower.state.behind, 3);
  sink.failing = undefined;
  await until(() => sink.settled === 5);
  t.same(sink.got, [1, 2, 3, 4, 5, 3, 4, 5]);
  await follower.close();
  t.match(await positionIn(trail), { sequence: 5 });
});

t.test('A process that ends without having settled leaves its position where it was.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  await trail.add(4);
  const sink = new RecordingSink(3_600_000);
  const { follower } = follow(t, sink, trail);
  await until(() => sink.got.length === 4);
  sink.failing = 'settle';
  await follower.close();
  await t.rejects(positionIn(trail), { code: 'ENOENT' });
});

t.test('Records purged before a sink had them are counted and told.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  await trail.add(2);
  const first = trail.rotate();
  const { follower } = follow(t, new RecordingSink(), trail);
  await until(() => follower.state.behind === 0);
  await follower.close();
  await trail.add(3);
  const second = trail.rotate();
  await trail.add(1);
  await trail.remove(first);
  await trail.remove(second);
  const sink = new RecordingSink();
  const { missed } = follow(t, sink, trail);
  await until(() => sink.got.length === 1);
  t.same(sink.got, [6]);
  t.same(missed, [3]);
});

t.test(
  'A record that was sent and lost before it was durable is followed by the one in its place.',
  async (t) => {
    const trail = await HandmadeTrail.at(t);
    await trail.add(4);
    const position = { chain: '6c5b21c2-2f4f-4bd0-8d58-2b4f1f0c1f10', sequence: 3, uid: 'of another record' };
    await noted(trail, JSON.stringify(position));
    const sink = new RecordingSink();
    follow(t, sink, trail);
    await until(() => sink.got.length === 2);
    t.same(sink.got, [3, 4]);
  },
);

t.test('A position in another trail, or none that can be read, means the beginning.', async (t) => {
  for (const text of [
    '{"chain":"other","sequence":2,"uid":"x"}',
    '{"chain":"other","sequence":200,"uid":"x"}',
    // The trail has become shorter than it was.
    '{"chain":"6c5b21c2-2f4f-4bd0-8d58-2b4f1f0c1f10","sequence":200,"uid":"x"}',
    '{"chain":"6c5b21c2-2f4f-4bd0-8d58-2b4f1f0c1f10","sequence":-1,"uid":"x"}',
    'nonsense',
    'null',
    `"${'x'.repeat(10_000)}"`,
  ]) {
    const trail = await HandmadeTrail.at(t);
    await trail.add(3);
    await noted(trail, text);
    const sink = new RecordingSink();
    const { missed } = follow(t, sink, trail);
    await until(() => sink.got.length === 3);
    t.same(sink.got, [1, 2, 3], text.slice(0, 60));
    t.same(missed, []);
  }
});

t.test('A position that cannot be written is told, and holds nothing up.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  await trail.add(1);
  const sink = new RecordingSink();
  const { follower } = follow(t, sink, trail);
  await until(() => sink.got.length === 1);
  await until(() => follower.state.behind === 0);
  const folder = join(trail.dir, 'positions');
  await putInPlaceOf(folder);
  // A position is written once a second.
  for (let sequence = 2; follower.state.reason === undefined; sequence += 1) {
    await trail.add(1);
    await until(() => sink.got.length === sequence);
  }
  t.match(follower.state, { connected: true, reason: /^its position cannot be written: .*positions/ });
  await rm(folder);
  await trail.add(1);
  await follower.close();
  t.match(await positionIn(trail), { sequence: trail.sequence }, 'once it can, it is');
});

/** A file where the folder was, into which the follower may just be writing, or make it again. */
async function putInPlaceOf(folder: string): Promise<void> {
  const put = async (): Promise<boolean> => {
    await rm(folder, { recursive: true, force: true });
    await writeFile(folder, 'a file in its place', { flag: 'wx' });
    return true;
  };
  while (!(await put().catch(() => false))) await setTimeout(5);
}

async function noted(trail: HandmadeTrail, text: string): Promise<void> {
  await mkdir(join(trail.dir, 'positions'));
  await writeFile(join(trail.dir, 'positions', 'recording.json'), text);
}
