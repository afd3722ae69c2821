import { randomInt } from 'node:crypto';
import { constants } from 'node:os';
import { type SoakOptions, soakOptions, USAGE } from './options.ts';
import { type SoakReport, soak } from './soak.ts';

/** `npm run soak`: a gateway under everything at once; exit status 1 where it does not come through as it was. */

const WRONG_USAGE = 2;
/** A process that signal n ended has this and n for its exit status, as a shell has it. */
const FIRST_SIGNAL = 128;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function listed(counts: Iterable<readonly [string, number]>): string {
  return [...counts]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function conclude({ peak, tally, endings, messages, blows, findings }: SoakReport): void {
  print(`at most ${peak} sessions at a time`);
  print(`visitors: ${listed(Object.entries(tally.counts))}`);
  print(`the log: ${listed(endings)}; ${listed(messages)}`);
  print(`blows: ${listed(blows)}`);
  for (const finding of findings) print(`FINDING ${finding}`);
  print(findings.length === 0 ? 'ok' : `${findings.length} findings`);
}

function optionsOf(args: readonly string[]): SoakOptions | undefined {
  try {
    return soakOptions(args, () => randomInt(2 ** 32));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return undefined;
  }
}

async function main(): Promise<number> {
  if (process.argv.includes('--help')) {
    print(USAGE);
    return 0;
  }
  const options = optionsOf(process.argv.slice(2));
  if (options === undefined) return WRONG_USAGE;
  const work: (() => Promise<void>)[] = [];
  // By way of `exit`, which ends database and gateway too; the others end with their parent.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(FIRST_SIGNAL + constants.signals[signal]));
  try {
    print(`soak of ${options.seconds} s, ${options.sessions} sessions, --seed ${options.seed}`);
    const report = await soak({ teardown: (undo) => void work.unshift(undo) }, options, print);
    conclude(report);
    return report.findings.length === 0 ? 0 : 1;
  } finally {
    for (const undo of work) await undo();
  }
}

process.exitCode = await main();
