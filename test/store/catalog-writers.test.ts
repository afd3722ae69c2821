import { randomBytes, randomInt } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { CatalogLocation } from '../../src/config/server-config.ts';
import { carryOut } from '../../src/control/carry-out.ts';
import { CatalogFileDesk } from '../../src/store/catalog-desk.ts';
import { type Ended, run } from '../support/child.ts';
import { size } from '../support/size.ts';
import { aCatalogFile } from './a-catalog-file.ts';

const WRITER = fileURLToPath(new URL('catalog-writer.ts', import.meta.url));
const WRITERS = 5;
const CHANCE = { randomBytes, randomInt: (bound: number) => randomInt(bound) };
/** Every one of this many steps is tried in the long run, the others by turns. */
const STRIDE = size(1, 4);
const KILLED = 128 + 9;

function writer(location: CatalogLocation, name: string, killAt = ''): Promise<Ended> {
  return run(process.execPath, [WRITER, JSON.stringify(location), name, killAt], {});
}

function names(location: CatalogLocation): string[] {
  const [project] = new CatalogFileDesk(location, { env: {} }).read();
  return project?.branches.map(({ name }) => name).toSorted() ?? [];
}

t.test('Writers at once wait for each other, and no change is lost.', async (t) => {
  const location = aCatalogFile(t);
  const wanted = Array.from({ length: WRITERS }, (_, index) => `b${index}`);
  const ended = await Promise.all(wanted.map((name) => writer(location, name)));
  t.strictSame(
    ended.map(({ status, stderr }) => [status, stderr]),
    wanted.map(() => [0, '']),
  );
  t.strictSame(names(location), [...wanted, 'main']);
  t.strictSame(await readdir(dirname(location.file)), ['catalog.yaml'], 'nothing is left over');
});

t.test('A writer that is killed at any step leaves the old catalog or the new one.', async (t) => {
  const location = aCatalogFile(t);
  const whole = await writer(location, 'whole', '0');
  const steps = Number.parseInt(whole.stdout, 10);
  t.ok(steps > 10, `${steps} steps`);
  let known = names(location);
  for (let step = 1 + (steps % STRIDE); step <= steps; step += STRIDE) {
    const before = await readFile(location.file, 'utf8');
    const { status } = await writer(location, `at-${step}`, String(step));
    t.equal(status, KILLED, `killed at step ${step}`);
    const now = names(location);
    const isOld = (await readFile(location.file, 'utf8')) === before;
    t.strictSame(now, isOld ? known : [...known, `at-${step}`].toSorted());
    // The dead one's lock holds nobody up.
    const desk = new CatalogFileDesk(location, { env: {}, patience: 0 });
    await carryOut(desk, { type: 'rename-branch', branch: 'main', name: 'moved' }, CHANCE);
    await carryOut(desk, { type: 'rename-branch', branch: 'moved', name: 'main' }, CHANCE);
    known = names(location);
  }
});
