import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { type DigestStore, PolicyRecorder } from '../../src/app/policy-recorder.ts';
import type { AuditEvent } from '../../src/audit/events.ts';
import type { PolicyDigest } from '../../src/audit/policy-digest.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { aBranch, aProject } from '../catalog/a-catalog.ts';

const KEY = Buffer.alloc(32, 1);
const main = aBranch('br-main', { isDefault: true });

function withLists(...lists: readonly (readonly string[])[]): CatalogSnapshot[] {
  return lists.map((allowedIps) => new CatalogSnapshot([aProject('shop', [{ ...main, allowedIps }])]));
}

const NOTHING = new CatalogSnapshot([]);

/** A trail that may fail, and a store that remembers. */
async function scene(stored?: PolicyDigest) {
  const commits: (readonly AuditEvent[])[] = [];
  const trail = {
    broken: false,
    commit: async (events: readonly AuditEvent[]) => {
      if (trail.broken) throw new Error('no space left');
      commits.push(events);
    },
  };
  const kept: { digest: PolicyDigest | undefined } = { digest: stored };
  const store: DigestStore = {
    read: () => Promise.resolve(kept.digest),
    write: async (digest) => {
      kept.digest = digest;
    },
  };
  const recorder = await PolicyRecorder.open({ trail, store, key: KEY, onProblem: () => {} });
  return { commits, trail, kept, recorder };
}

function changesIn(commits: readonly (readonly AuditEvent[])[]): unknown[] {
  return commits.flat().map((event) => (event.type === 'catalog-changed' ? event.change.after : event.type));
}

t.test('What is new at the start happened while no gateway ran, and is told once.', async (t) => {
  const [one = NOTHING] = withLists(['192.0.2.1']);
  const first = await scene();
  await first.recorder.changed(one, true);
  t.ok(first.commits.flat().length >= 2, 'a project and a branch');
  t.ok(first.commits.flat().every((event) => 'whileDown' in event && event.whileDown));
  const second = await scene(first.kept.digest);
  await second.recorder.changed(one, true);
  t.strictSame(second.commits, []);
});

t.test('A change is told by what is different, and the next one from there.', async (t) => {
  const [one = NOTHING, two = NOTHING, three = NOTHING] = withLists(
    ['192.0.2.1'],
    ['192.0.2.2'],
    ['192.0.2.3'],
  );
  const { recorder, commits } = await scene();
  await recorder.changed(one);
  commits.length = 0;
  await Promise.all([recorder.changed(two), recorder.changed(three)]);
  t.equal(commits.length, 2);
  t.strictSame(changesIn(commits), [['192.0.2.2'], ['192.0.2.3']]);
});

t.test('A change that cannot be recorded is tried again, with those that came after it.', async (t) => {
  const [one = NOTHING, two = NOTHING, three = NOTHING] = withLists(
    ['192.0.2.1'],
    ['192.0.2.2'],
    ['192.0.2.3'],
  );
  const { recorder, commits, trail, kept } = await scene();
  await recorder.changed(one);
  const before = kept.digest;
  commits.length = 0;
  trail.broken = true;
  await recorder.changed(two);
  t.ok(recorder.behind);
  await recorder.changed(three);
  t.equal(kept.digest, before);
  trail.broken = false;
  while (recorder.behind) await setTimeout(10);
  t.strictSame(changesIn(commits), [['192.0.2.3']]);
  t.not(kept.digest, before);
  recorder.close();
});

t.test('A list that went back to what it was while the trail failed is no change.', async (t) => {
  const [one = NOTHING, two = NOTHING] = withLists(['192.0.2.1'], ['192.0.2.2']);
  const { recorder, commits, trail } = await scene();
  await recorder.changed(one);
  commits.length = 0;
  trail.broken = true;
  await recorder.changed(two);
  await recorder.changed(one);
  trail.broken = false;
  while (recorder.behind) await setTimeout(10);
  t.strictSame(commits, []);
});

t.test('While long lists are compared others have the event loop, and admissions know of it.', async (t) => {
  const lists = [0, 1, 2].map((seed) =>
    Array.from({ length: 60_000 }, (_, n) => `10.${seed}.${n >> 8}.${n & 255}`),
  );
  const [one = NOTHING, two = NOTHING, three = NOTHING] = withLists(...lists);
  const { recorder, commits } = await scene();
  await recorder.changed(one);
  t.equal(recorder.comparing, undefined);
  commits.length = 0;
  const first = recorder.changed(two);
  t.ok(recorder.comparing, 'not in one piece');
  const second = recorder.changed(three);
  const seen: number[] = [];
  while (recorder.comparing !== undefined) {
    await recorder.comparing;
    seen.push(commits.length);
  }
  t.strictSame(seen, [1, 2], 'whoever waits comes after what was handed over');
  await Promise.all([first, second]);
  t.strictSame(
    commits.flat().map((event) => event.type === 'catalog-changed' && event.change.added?.length),
    [60_000, 60_000],
  );
});

t.test('What failed while the next change was compared is told with it.', async (t) => {
  const lists = [0, 1, 2].map((seed) =>
    Array.from({ length: 60_000 }, (_, n) => `10.${seed}.${n >> 8}.${n & 255}`),
  );
  const [one = NOTHING, two = NOTHING, three = NOTHING] = withLists(...lists);
  const { recorder, commits, trail, kept } = await scene();
  await recorder.changed(one);
  commits.length = 0;
  trail.broken = true;
  const first = recorder.changed(two);
  const second = recorder.changed(three);
  await first;
  t.ok(recorder.behind);
  trail.broken = false;
  await second;
  while (recorder.behind) await setTimeout(10);
  const [told] = commits.flat();
  t.equal(commits.flat().length, 1);
  t.match(told, { change: { before: lists[0], after: lists[2] } });
  t.ok(JSON.stringify(kept.digest).includes('10.2.0.0'));
});
