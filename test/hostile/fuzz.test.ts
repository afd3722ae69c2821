import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { decode, encode, readCorpus } from '../fuzz/corpus.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import { Inputs } from '../fuzz/inputs.ts';
import { parseOptions } from '../fuzz/options.ts';
import type { Report } from '../fuzz/target.ts';
import { openTarget, PLANTED, TARGET_NAMES } from '../fuzz/targets.ts';
import { watch } from '../fuzz/watch.ts';

/** The same cases on every machine; `npm run fuzz` draws a seed. */
const SEED = 20_261_123;
/** Behind the corpus, which is run in any case. */
const MUTATED = 60;
/** What counts as a hang here, in ms: a child takes a fraction of it to begin. */
const PATIENCE_MS = 2500;
const FUZZ = join(import.meta.dirname, '..', 'fuzz');

for (const name of TARGET_NAMES) {
  t.test(`The corpus, and some mutations of it, break no rule of "${name}".`, async (t) => {
    const target = await openTarget(name);
    const inputs = new Inputs(name, target, SEED);
    const cases = inputs.batch(0).length + MUTATED;
    const bounds = { ms: Number.MAX_SAFE_INTEGER, cases };
    const { finding, ...report } = await fuzz(target, inputs, bounds, () => {});
    await target.close?.();
    t.equal(finding?.message, undefined, `input ${finding?.input?.toString('hex')}`);
    t.equal(report.cases, cases);
    t.ok(readCorpus(name).length > 5, 'a corpus');
  });
}

/** What the watch is to say of each fault, and the input that it is to end up with. */
const FAULTS = [
  ['planted-throw', /planted/, '00'],
  ['planted-stray', /nobody handled.*planted/s, '00'],
  ['planted-greed', /a Buffer of 1073741822 bytes was wanted/, '00'],
  ['planted-slow', /takes \d+\.\d ms where \d+\.\d ms are the bound/, '00'],
  ['planted-hang', /no end after \d+ ms/, undefined],
  ['planted-death', /the process ended with SIGABRT/, undefined],
  ['planted-leak', /the heap grew from \d+ to \d+ bytes/, undefined],
] as const;

for (const [target, message, input] of FAULTS) {
  t.test(`A fault that was put in on purpose is found: ${target}.`, async (t) => {
    const bounds = { ms: Number.MAX_SAFE_INTEGER, cases: 400 };
    const { finding }: Report = await watch({ target, seed: SEED, bounds }, () => {}, PATIENCE_MS);
    t.match(finding?.message, message);
    if (input !== undefined) t.equal(finding?.input?.toString('hex'), input, 'shrunk');
    else if (target !== 'planted-leak') t.equal(finding?.input?.[0], 0, 'the case that it was');
  });
}

t.test('Every fault that can be planted is looked for.', async (t) => {
  t.strictSame(PLANTED.toSorted(), FAULTS.map(([name]) => name).toSorted());
});

t.test('A seed makes the same inputs again, another one others.', async (t) => {
  const target = await openTarget('opening');
  const inputs = (seed: number) => Buffer.concat(new Inputs('opening', target, seed).batch(3));
  t.ok(inputs(1).equals(inputs(1)));
  t.notOk(inputs(1).equals(inputs(2)));
});

t.test('An input that is written down is read again as it was.', async (t) => {
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, index) => index % 256));
  t.strictSame(decode('x.hex', Buffer.from(encode(bytes, ['one', '22 two']))), bytes);
  t.strictSame(decode('x.txt', Buffer.from('a\n\n')), Buffer.from('a\n'));
  t.throws(() => decode('x.hex', Buffer.from('0g')), /not hexadecimal/);
});

t.test('The options are those of --help; the seed is drawn where none is given.', async (t) => {
  const all = { seed: 7, targets: TARGET_NAMES, seconds: 60, cases: Number.MAX_SAFE_INTEGER };
  t.strictSame(parseOptions([], 7), all);
  t.match(parseOptions(['--cases', '5', '--seed', '0'], 7), {
    seed: 0,
    cases: 5,
    seconds: Number.MAX_SAFE_INTEGER,
  });
  t.match(parseOptions(['--target', 'pem', '--target', 'rows'], 7), { targets: ['pem', 'rows'] });
  t.equal(parseOptions(['--help'], 7), 'help');
  for (const wrong of [
    ['--target', 'x'],
    ['--cases', '0'],
    ['--seconds', 'x'],
    ['--seed', '-1'],
    ['--nope'],
    ['x'],
  ]) {
    t.ok(Reflect.has(Object(parseOptions(wrong, 7)), 'usage'), wrong.join(' '));
  }
});

t.test(
  'The command prints its seed first, and ends with 1 and the input where something was found.',
  async (t) => {
    const found = await command('--target', 'planted-throw', '--cases', '500', '--seed', '5');
    t.equal(found.status, 1);
    t.match(found.output, /^seed 5\n/);
    const [, file = ''] = /in (\S+\.hex); moved to/.exec(found.output) ?? [];
    t.match(found.output, /input \(1 bytes\): 00\n/);
    await rm(file);
    t.equal((await command('--target', 'rows', '--cases', '50')).status, 0);
    t.equal((await command('--target', 'nothing')).status, 2);
  },
);

function command(...args: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(FUZZ, 'main.ts'), ...args], (_, output) =>
      resolve({ status: Number(child.exitCode), output }),
    );
  });
}
