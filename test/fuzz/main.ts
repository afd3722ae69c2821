import { randomInt } from 'node:crypto';
import { HELP, type Options, parseOptions } from './options.ts';
import { grouped, lineOf, tell } from './report.ts';
import { watch } from './watch.ts';
import { type Order, type Said, work } from './worker.ts';

const MAX_SEED = 0xffffffff;
const CLEAR_LINE = '\r\u001b[K';

const [first, order] = process.argv.slice(2);
if (first === 'worker' && order !== undefined) await beWorker(JSON.parse(order) as Order);
else process.exitCode = await run(process.argv.slice(2));

/** The command. @returns its exit status. */
async function run(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, randomInt(MAX_SEED));
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  if ('usage' in options) {
    process.stderr.write(`fuzz: ${options.usage}; --help says how\n`);
    return 2;
  }
  process.stdout.write(`seed ${options.seed}\n`);
  return (await fuzzAll(options)) === 0 ? 0 : 1;
}

/** @returns the number of findings. */
async function fuzzAll({ targets, seconds, cases, seed }: Options): Promise<number> {
  const started = performance.now();
  const share = { ms: (seconds * 1000) / targets.length, cases: Math.ceil(cases / targets.length) };
  let total = 0;
  let findings = 0;
  for (const target of targets) {
    const report = await watch({ target, seed, bounds: share }, (done) =>
      progress(`${target} ${grouped(done)}`),
    );
    progress('');
    process.stdout.write(`${lineOf(target, report)}\n`);
    total += report.cases;
    if (report.finding === undefined) continue;
    findings += 1;
    process.stdout.write(tell(target, seed, report.finding));
  }
  const elapsed = Math.round((performance.now() - started) / 1000);
  process.stdout.write(`${grouped(total)} cases in ${elapsed} s, ${findings} findings\n`);
  return findings;
}

/** The line at the bottom of a terminal, written over again and again. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${CLEAR_LINE}${text}`);
}

async function beWorker(order: Order): Promise<void> {
  // The parent may be gone before its time; what a target leaves open must not keep the child either.
  process.once('disconnect', () => process.exit());
  await work(order, say);
  process.disconnect?.();
}

/** Resolves once the parent has it: what is on its way is lost to a disconnect. */
function say(said: Said): Promise<void> {
  return new Promise((resolve) => process.send?.(said, () => resolve()));
}
