import { compareSamples, median } from './mann-whitney.ts';
import { guessInTurns, PHASES, type Phase, type Tried } from './timing.ts';
import { GUESSES, gatewayToGuessAt } from './timing-gateway.ts';

/**
 * `node test/hostile/timing-main.ts [tries]`: whether a guesser can tell by the clock what is behind a refusal. By
 * hand, on a quiet machine; 2,000 tries of each unless told otherwise.
 */

const DEFAULT_TRIES = 2000;
const WARM_UP_TRIES = 100;

/** How improbable a difference must be by chance to count as one, over all comparisons together. */
const ALPHA = 0.01;

/** @returns how many differences there are. */
function report(tried: ReadonlyMap<string, readonly Tried[]>): number {
  const comparisons = PHASES.length * (tried.size - 1);
  let differences = 0;
  const times = (name: string, phase: Phase): number[] =>
    (tried.get(name) ?? []).map((each) => each.times[phase]);
  for (const phase of PHASES) {
    for (const name of tried.keys()) {
      const own = times(name, phase);
      const line = `${phase.padEnd(10)} ${name.padEnd(20)} median ${median(own).toFixed(1)} µs`;
      if (name === 'known role') process.stdout.write(`${line}\n`);
      else {
        const { p, superiority } = compareSamples(own, times('known role', phase));
        const differs = p < ALPHA / comparisons;
        if (differs) differences += 1;
        const verdict = differs ? ', A DIFFERENCE' : '';
        process.stdout.write(
          `${line}, superiority ${superiority.toFixed(4)}, p ${p.toPrecision(3)}${verdict}\n`,
        );
      }
    }
  }
  return differences;
}

async function main(): Promise<number> {
  const work: (() => Promise<void>)[] = [];
  try {
    const tries = Number(process.argv[2] ?? DEFAULT_TRIES);
    const { port } = await gatewayToGuessAt({ teardown: (undo) => void work.unshift(undo) });
    const guesses = Object.entries(GUESSES);
    const each = guesses.map(([, guess]) => guess);
    await guessInTurns(port, each, WARM_UP_TRIES);
    const tried = await guessInTurns(port, each, tries);
    return report(new Map(guesses.map(([name], n) => [name, tried[n] ?? []])));
  } finally {
    for (const undo of work) await undo();
  }
}

process.exitCode = (await main()) === 0 ? 0 : 1;
