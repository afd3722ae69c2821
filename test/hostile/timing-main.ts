import { compareSamples, median } from './mann-whitney.ts';
import { guessInTurns, PHASES, type Phase, type Tried } from './timing.ts';
import { GUESSES, gatewayToGuessAt } from './timing-gateway.ts';

/**
 * `node test/hostile/timing-main.ts [tries]`: whether a guesser can tell by the clock what is behind a refusal. By
 * hand, on a quiet machine; 2,000 tries of each unless told otherwise.
 */

const DEFAULT_TRIES = 2000;
const WARM_UP_TRIES = 100;

function report(tried: ReadonlyMap<string, readonly Tried[]>): void {
  const times = (name: string, phase: Phase): number[] =>
    (tried.get(name) ?? []).map((each) => each.times[phase]);
  for (const phase of PHASES) {
    for (const name of tried.keys()) {
      const own = times(name, phase);
      const line = `${phase.padEnd(10)} ${name.padEnd(20)} median ${median(own).toFixed(1)} µs`;
      if (name === 'known role') process.stdout.write(`${line}\n`);
      else {
        const { p, superiority } = compareSamples(own, times('known role', phase));
        process.stdout.write(`${line}, superiority ${superiority.toFixed(4)}, p ${p.toPrecision(3)}\n`);
      }
    }
  }
}

async function main(): Promise<void> {
  const work: (() => Promise<void>)[] = [];
  try {
    const tries = Number(process.argv[2] ?? DEFAULT_TRIES);
    const { port } = await gatewayToGuessAt({ teardown: (undo) => void work.unshift(undo) });
    const guesses = Object.entries(GUESSES);
    const each = guesses.map(([, guess]) => guess);
    await guessInTurns(port, each, WARM_UP_TRIES);
    const tried = await guessInTurns(port, each, tries);
    report(new Map(guesses.map(([name], n) => [name, tried[n] ?? []])));
  } finally {
    for (const undo of work) await undo();
  }
}

await main();
