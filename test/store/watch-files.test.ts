import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { type WatchFilesOptions, watchFiles } from '../../src/store/watch-files.ts';

/** The poll is out of the way: what calls back is an event, or the look that follows the first one. */
const EVENTS_ONLY = { settleMs: 5, pollMs: 3_600_000 };
/** Long enough for a late call to show; a test that waits for a call waits as long as it takes. */
const QUIET_MS = 80;

/** What `changesOf` needs of a test. */
interface Teardown {
  teardown(end: () => void): void;
}

function changesOf(
  test: Teardown,
  paths: () => readonly string[],
  options: WatchFilesOptions,
  watchThem = watchFiles,
) {
  let calls = 0;
  let expected = 0;
  let wake = () => {};
  const watch = watchThem(
    paths,
    () => {
      calls += 1;
      wake();
    },
    options,
  );
  test.teardown(() => watch.close());
  return {
    close: () => watch.close(),
    /** Resolves when there is a call that no earlier `next` has taken. */
    async next(): Promise<number> {
      expected += 1;
      // A watch does not keep the process alive; a test that waits for one does.
      const alive = setInterval(() => {}, 1_000);
      while (calls < expected) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      clearInterval(alive);
      expected = calls;
      return calls;
    },
    async none(): Promise<boolean> {
      const before = calls;
      await sleep(QUIET_MS);
      return calls === before;
    },
    get calls() {
      return calls;
    },
  };
}

/** The first folder watchers open asynchronously: an event before that is seen by the poll alone. */
const armed = () => sleep(40);

t.test('A file written, replaced, removed, made again or of another mode calls back.', async (t) => {
  const file = join(t.testdir({ 'a.yaml': 'one' }), 'a.yaml');
  const changes = changesOf(t, () => [file], EVENTS_ONLY);
  await armed();
  t.equal(changes.calls, 0, 'nothing has changed yet');

  writeFileSync(file, 'two');
  t.ok(await changes.next(), 'written in place');

  writeFileSync(`${file}.new`, 'three');
  renameSync(`${file}.new`, file);
  t.ok(await changes.next(), 'replaced by an atomic rename');

  rmSync(file);
  t.ok(await changes.next(), 'removed');

  writeFileSync(file, 'four');
  t.ok(await changes.next(), 'made again');

  chmodSync(file, 0o640);
  t.ok(await changes.next(), 'its mode changed');
});

t.test("Kubernetes' swap of the ..data link calls back.", async (t) => {
  const folder = t.testdir({ '..1': { 'a.yaml': 'one' }, '..2': { 'a.yaml': 'two' } });
  symlinkSync('..1', join(folder, '..data'));
  symlinkSync('..data/a.yaml', join(folder, 'a.yaml'));
  const changes = changesOf(t, () => [join(folder, 'a.yaml')], EVENTS_ONLY);
  await armed();

  symlinkSync('..2', join(folder, '..data.new'));
  renameSync(join(folder, '..data.new'), join(folder, '..data'));
  t.ok(await changes.next());
});

t.test('A file behind a link calls back when it is written where it lies.', async (t) => {
  const folder = t.testdir({ far: { 'a.yaml': 'one' }, near: {} });
  symlinkSync('../far/a.yaml', join(folder, 'near', 'a.yaml'));
  const changes = changesOf(t, () => [join(folder, 'near', 'a.yaml')], EVENTS_ONLY);
  await armed();

  writeFileSync(join(folder, 'far', 'a.yaml'), 'two');
  t.ok(await changes.next());
});

t.test('A link among the folders above, turned elsewhere, is seen by the poll.', async (t) => {
  const folder = t.testdir({ 'certs-1': { 'a.crt': 'one' }, 'certs-2': { 'a.crt': 'two' } });
  symlinkSync('certs-1', join(folder, 'certs'));
  const changes = changesOf(t, () => [join(folder, 'certs', 'a.crt')], { settleMs: 5, pollMs: 10 });
  await armed();

  symlinkSync('certs-2', join(folder, 'certs.new'));
  renameSync(join(folder, 'certs.new'), join(folder, 'certs'));
  t.ok(await changes.next());
});

t.test('Where the system grants no watcher, the poll sees the change.', async (t) => {
  const fs = await import('node:fs');
  const refuse = () => {
    throw Object.assign(new Error('System limit for number of file watchers reached'), { code: 'ENOSPC' });
  };
  const mocked = await t.mockImport<typeof import('../../src/store/watch-files.ts')>(
    '../../src/store/watch-files.ts',
    { 'node:fs': { ...fs, watch: refuse } },
  );
  const file = join(t.testdir({ 'a.yaml': 'one' }), 'a.yaml');
  const changes = changesOf(t, () => [file], { pollMs: 10 }, mocked.watchFiles);
  await armed();

  writeFileSync(file, 'two');
  t.ok(await changes.next());
});

t.test('A folder that comes later, goes and comes again is seen.', async (t) => {
  const file = join(t.testdir({}), 'later', 'a.yaml');
  const changes = changesOf(t, () => [file], { settleMs: 5, pollMs: 10 });
  await armed();

  mkdirSync(dirname(file));
  writeFileSync(file, 'one');
  t.ok(await changes.next(), 'the folder came');
  rmSync(dirname(file), { recursive: true });
  t.ok(await changes.next(), 'the folder went');
  mkdirSync(dirname(file));
  writeFileSync(file, 'two');
  t.ok(await changes.next(), 'the folder came again');
});

t.test('A neighbour of a watched file does not call back.', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one' });
  const changes = changesOf(t, () => [join(folder, 'a.yaml')], { settleMs: 5, pollMs: 10 });
  await armed();
  writeFileSync(join(folder, 'b.yaml'), 'two');
  t.ok(await changes.none());
});

t.test('A path that joins the list counts as a change once, and is watched from then on.', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one', more: { 'b.crt': 'one' } });
  const paths = [join(folder, 'a.yaml')];
  const changes = changesOf(t, () => paths, { settleMs: 5, pollMs: 10 });
  await armed();

  paths.push(join(folder, 'more', 'b.crt'));
  await changes.next();
  t.ok(await changes.none(), 'once');
  writeFileSync(join(folder, 'more', 'b.crt'), 'two');
  t.ok(await changes.next(), 'watched');
});

t.test('A path that leaves the list is watched no more, nor is its folder.', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one', more: { 'b.crt': 'one' } });
  let paths = [join(folder, 'a.yaml'), join(folder, 'more', 'b.crt')];
  const changes = changesOf(t, () => paths, { settleMs: 5, pollMs: 10 });
  await armed();

  paths = paths.slice(0, 1);
  await armed();
  writeFileSync(join(folder, 'more', 'b.crt'), 'two');
  t.ok(await changes.none());
});

t.test('Many writes in one go are one change.', async (t) => {
  const file = join(t.testdir({ 'a.yaml': '' }), 'a.yaml');
  const changes = changesOf(t, () => [file], EVENTS_ONLY);
  await armed();
  for (let line = 0; line < 20; line++) writeFileSync(file, `line ${line}\n`, { flag: 'a' });
  t.equal(await changes.next(), 1);
  t.ok(await changes.none());
});

t.test('A writer that never rests is seen all the same.', async (t) => {
  const file = join(t.testdir({ 'a.yaml': '' }), 'a.yaml');
  const changes = changesOf(t, () => [file], { settleMs: 3_600_000, pollMs: 3_600_000 });
  await armed();
  writeFileSync(file, 'one');
  const writer = setInterval(() => writeFileSync(file, 'more\n', { flag: 'a' }), 5);
  t.ok(await changes.next());
  clearInterval(writer);
});

t.test('What is not there calls nobody, and a closed watch neither.', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one' });
  const changes = changesOf(t, () => [join(folder, 'none', 'a.yaml'), join(folder, 'a.yaml')], {
    settleMs: 5,
    pollMs: 10,
  });
  await armed();
  t.equal(changes.calls, 0);

  writeFileSync(join(folder, 'a.yaml'), 'two');
  changes.close();
  changes.close();
  t.ok(await changes.none());
});

t.test('A change made right after the call is not lost.', async (t) => {
  const file = join(t.testdir({ 'a.yaml': 'one' }), 'a.yaml');
  const changes = changesOf(t, () => [file], EVENTS_ONLY);
  utimesSync(file, 1, 1);
  t.ok(await changes.next());
});
