import {
  closeSync,
  ftruncateSync,
  openSync,
  renameSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { formatProblem } from '../../src/config/problem.ts';
import type { CatalogLocation } from '../../src/config/server-config.ts';
import { type WatchCatalogOptions, watchCatalog } from '../../src/store/watch-catalog.ts';
import { takeAllDescriptors } from '../support/all-descriptors.ts';
import { aCatalogFile, catalogText } from './a-catalog-file.ts';

const FAST = { settleMs: 5, pollMs: 10 };
/** Long enough for a late event to show. */
const QUIET_MS = 80;

interface Teardown {
  teardown(end: () => Promise<void>): void;
}

async function watched(test: Teardown, location: CatalogLocation, other: WatchCatalogOptions = {}) {
  const events: string[] = [];
  let wake = () => {};
  const tell = (event: string) => {
    events.push(event);
    wake();
  };
  const opened = await watchCatalog(
    location,
    {},
    {
      onLoaded: (snapshot) => tell(snapshot.projects[0]?.branches[0]?.endpoints.join(',') ?? 'none'),
      onProblem: (problems) => tell(problems.map(formatProblem).join('\n')),
    },
    { ...FAST, ...other },
  );
  if ('problems' in opened) throw new Error(opened.problems.map(formatProblem).join('\n'));
  test.teardown(() => opened.watch[Symbol.asyncDispose]());
  return {
    ...opened,
    events,
    next: async (): Promise<string> => {
      // A watch does not keep the process alive; a test that waits for one does.
      const alive = setInterval(() => {}, 1_000);
      while (events.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      clearInterval(alive);
      return events.shift() ?? '';
    },
    quiet: async (): Promise<boolean> => {
      await sleep(QUIET_MS);
      return events.length === 0;
    },
  };
}

/** As an editor or `kubectl` replaces a file. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

t.test('The first load is returned; each change is told once.', async (t) => {
  const location = aCatalogFile(t);
  const { snapshot, warnings, next, quiet } = await watched(t, location);
  t.ok(snapshot.findEndpoint('ep-main'));
  t.strictSame(warnings, []);
  t.ok(await quiet());

  replace(location.file, catalogText({ endpoint: 'ep-two' }));
  t.equal(await next(), 'ep-two');
  writeFileSync(location.file, catalogText({ endpoint: 'ep-three' }));
  t.equal(await next(), 'ep-three');
  t.ok(await quiet());
});

t.test('A broken edit is told once, with its place, and so is its mend.', async (t) => {
  const location = aCatalogFile(t);
  const { next, quiet } = await watched(t, location);
  replace(location.file, 'projects: [');
  t.match(await next(), /catalog\.yaml:1:12: wrong indentation, or a bracket or brace that is not closed$/);
  t.ok(await quiet());
  replace(location.file, catalogText());
  t.equal(await next(), 'ep-main');
});

t.test('A file that is only touched is not told of; reload tells in any case.', async (t) => {
  const location = aCatalogFile(t);
  const { watch, next, quiet } = await watched(t, location);
  utimesSync(location.file, 1, 1);
  t.ok(await quiet());
  t.match(await watch.reload(), { snapshot: { projects: [{ id: 'p' }] } });
  t.equal(await next(), 'ep-main');
});

t.test('A file that the catalog names is watched, also while it is missing.', async (t) => {
  const location = aCatalogFile(t);
  const { next } = await watched(t, location);
  replace(location.file, catalogText({ password: '{ file: pw }' }));
  t.match(await next(), /: pw: no such file$/);
  writeFileSync(join(location.base, 'pw'), 'secret');
  t.equal(await next(), 'ep-main');
});

t.test('The key file is watched.', async (t) => {
  const location = aCatalogFile(t, { key: `k1:${'A'.repeat(43)}=\n` });
  const { next } = await watched(t, location);
  replace(join(location.base, 'catalog.key'), 'broken');
  t.match(await next(), /catalog\.key:1:1: line 1 of the key file is not id:base64 of 32 bytes$/);
});

t.test('A catalog that does not load is not watched.', async (t) => {
  const location = aCatalogFile(t, { text: 'projects: 5' });
  const events = { onLoaded: () => t.fail('no event'), onProblem: () => t.fail('no event') };
  const opened = await watchCatalog(location, {}, events, FAST);
  t.match(opened, { problems: [{ message: 'projects must be a list' }] });
  replace(location.file, catalogText());
  await sleep(QUIET_MS);
});

t.test('A closed watch tells nothing more.', async (t) => {
  const location = aCatalogFile(t);
  const { watch, quiet } = await watched(t, location);
  replace(location.file, catalogText({ endpoint: 'ep-two' }));
  await watch[Symbol.asyncDispose]();
  t.ok(await quiet());
  await watch.reload();
  t.ok(await quiet());
});

/** Every catalog is read in a thread, as large ones are. */
const ASIDE = { small: 0 };

t.test(
  'Of edits that come while a large catalog is read, the newest counts, and is told last.',
  async (t) => {
    const location = aCatalogFile(t);
    const { watch, next, quiet } = await watched(t, location, ASIDE);
    replace(location.file, catalogText({ endpoint: 'ep-two' }));
    const first = watch.reload();
    replace(location.file, 'projects: [');
    const second = watch.reload();
    replace(location.file, catalogText({ endpoint: 'ep-three' }));
    t.equal(watch.reload(), second, 'one load follows, which sees everything until it begins');
    await first;
    const outcome = await second;
    t.match('snapshot' in outcome && outcome.snapshot.findEndpoint('ep-three'), { endpoint: 'ep-three' });
    let last = '';
    while (last !== 'ep-three') last = await next();
    t.ok(await quiet());
  },
);

t.test('A broken edit of a large catalog is told, and its mend.', async (t) => {
  const location = aCatalogFile(t);
  const { next } = await watched(t, location, ASIDE);
  replace(location.file, 'projects: [');
  t.match(await next(), /catalog\.yaml:1:12: /);
  replace(location.file, catalogText({ endpoint: 'ep-two' }));
  t.equal(await next(), 'ep-two');
});

t.test('A watch that is closed while a large catalog is read tells nothing more.', async (t) => {
  const location = aCatalogFile(t);
  const { watch, quiet } = await watched(t, location, ASIDE);
  replace(location.file, catalogText({ endpoint: 'ep-two' }));
  const loading = watch.reload();
  await watch[Symbol.asyncDispose]();
  await loading;
  t.ok(await quiet());
});

t.test('An edit that could not be read when it came is taken as soon as it can be.', async (t) => {
  const location = aCatalogFile(t);
  const { next } = await watched(t, location);
  const catalog = openSync(location.file, 'r+');
  const giveBack = takeAllDescriptors();
  if (giveBack === undefined) {
    closeSync(catalog);
    t.pass('no bound that could be reached');
    return;
  }
  const text = catalogText({ endpoint: 'ep-later' });
  ftruncateSync(catalog);
  writeSync(catalog, text, 0);
  t.match(await next(), /cannot be read: EMFILE/);
  giveBack();
  closeSync(catalog);
  t.equal(await next(), 'ep-later');
});
