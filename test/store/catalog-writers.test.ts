import { randomBytes, randomInt } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { formatKeyLine, KEY_BYTES } from '../../src/config/key-ring.ts';
import { formatLogin } from '../../src/config/login-text.ts';
import type { CatalogLocation } from '../../src/config/server-config.ts';
import { carryOut } from '../../src/control/carry-out.ts';
import { CatalogFileDesk } from '../../src/store/catalog-desk.ts';
import { rotateKeys } from '../../src/store/rotate-keys.ts';
import { type Ended, run } from '../support/child.ts';
import { PLAIN_ENV } from '../support/portcullis.ts';
import { size } from '../support/size.ts';
import { aCatalogFile, catalogText } from './a-catalog-file.ts';

const WRITER = fileURLToPath(new URL('catalog-writer.ts', import.meta.url));
const WRITERS = 5;
const CHANCE = { now: () => new Date(), randomBytes, randomInt: (bound: number) => randomInt(bound) };
/** Every step is tried in the long run, every fifth in the short one. */
const STRIDE = size(1, 5);
const KEY = formatKeyLine('k', randomBytes(KEY_BYTES));
const KILLED = 128 + 9;

function writer(location: CatalogLocation, task: string, killAt = ''): Promise<Ended> {
  return run(process.execPath, [WRITER, JSON.stringify(location), task, killAt], {});
}

/** The steps of a task that nobody kills. */
async function stepsOf(location: CatalogLocation, task: string): Promise<readonly string[]> {
  const { stdout, stderr } = await writer(location, task, '0');
  const steps = stdout.split(': ')[1]?.trim().split(' ');
  if (steps === undefined) throw new Error(stderr);
  return steps;
}

/** The steps that are tried. */
function triedOf(steps: readonly string[]): number[] {
  return steps.map((_, index) => index + 1).filter((step) => step % STRIDE === steps.length % STRIDE);
}

function passwordIn(location: CatalogLocation): string | undefined {
  const [project] = new CatalogFileDesk(location, { env: {} }).read();
  const login = project?.branches[0]?.roles[0]?.upstream.login;
  return login && formatLogin(login);
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
    const drafts = (await readdir(dirname(location.file))).filter((name) => name.endsWith('.tmp'));
    t.strictSame(drafts, [], `nothing is left of step ${step}`);
  }
});

/** How one file takes another's place: each of these may be the last thing that is done. */
const REPLACING = [
  'open',
  'file.writeFile',
  'file.chmod',
  'file.stat',
  'file.sync',
  'rename',
  'open',
  'file.sync',
];

t.test('The steps of a writer are these, once for each file: what is tried at each is known.', async (t) => {
  const location = aCatalogFile(t, { key: KEY });
  for (const [task, files] of [
    ['whole', 1],
    ['=seal', 1],
    ['=rotate', 3],
  ] as const) {
    const steps = (await stepsOf(location, task)).filter((step) => REPLACING.includes(step));
    const times = steps.join(' ').split(REPLACING.join(' ')).length - 1;
    t.equal(times, files, `${task}: ${steps.join(' ')}`);
  }
});

t.test(
  'A rotation of keys that is killed at any step leaves secrets that open, and the next ends it.',
  async (t) => {
    const location = aCatalogFile(t, { key: KEY });
    const steps = await stepsOf(location, '=seal').then(() => stepsOf(location, '=rotate'));
    for (const step of triedOf(steps)) {
      const { status } = await writer(location, '=rotate', String(step));
      t.equal(status, KILLED, `killed at step ${step}, ${steps[step - 1]}`);
      t.equal(passwordIn(location), 'horse');
      const { key } = await rotateKeys(new CatalogFileDesk(location, { env: {}, patience: 0 }), location);
      t.match(
        await readFile(`${location.keyFile}`, 'utf8'),
        new RegExp(`^${key}:\\S+\n$`),
        'one key is left',
      );
      t.equal(passwordIn(location), 'horse');
    }
  },
);

t.test('A first secret that is killed at any step leaves no secret, or one that opens.', async (t) => {
  for (const [index, step] of triedOf(await stepsOf(aCatalogFile(t, { key: KEY }), '=seal')).entries()) {
    const location = aCatalogFile(
      { testdir: (files) => join(t.testdir({ [index]: files }), `${index}`) },
      { key: KEY },
    );
    const before = await readFile(location.file, 'utf8');
    const { status } = await writer(location, '=seal', String(step));
    t.equal(status, KILLED, `killed at step ${step}`);
    const isOld = (await readFile(location.file, 'utf8')) === before;
    t.equal(passwordIn(location), isOld ? undefined : 'horse');
  }
});

t.test('A full disk changes nothing, leaves nothing, and is told with the mend.', async (t) => {
  const location = aCatalogFile(t, { text: `${catalogText()}# ${'x'.repeat(2000)}\n` });
  const before = await readFile(location.file, 'utf8');
  // Files may grow to so many blocks of 1,024 bytes (bash, ulimit): none, not even the lock; or the lock, no more.
  for (const blocks of [0, 1]) {
    // What tap puts into every Node would end it by the signal.
    const limited = `unset NODE_OPTIONS; trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`;
    const args = [process.execPath, WRITER, JSON.stringify(location), 'new', ''];
    const { status, stderr } = await run('bash', ['-c', limited, 'bash', ...args], { env: PLAIN_ENV });
    t.not(status, 0);
    t.match(stderr, /CatalogNotWritten: cannot write .*\(EFBIG\)[^\n]*: make room/);
    t.equal(await readFile(location.file, 'utf8'), before);
    t.strictSame(await readdir(dirname(location.file)), ['catalog.yaml'], 'nothing is left over');
  }
});
