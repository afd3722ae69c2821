import { parseArgs } from 'node:util';
import { PLANTED, TARGET_NAMES } from './targets.ts';

export const HELP = `npm run fuzz -- [--seconds N] [--cases N] [--target NAME…] [--seed S]

Feeds invented and mutated input to everything that reads bytes from strangers.

  --seconds N    how long, all targets together (60 where nothing is said)
  --cases N      how many cases, all targets together
  --target NAME  this target; again for more of them
  --seed S       makes the same cases again, 0 to 4294967295

Targets: ${TARGET_NAMES.join(', ')}

Exit status: 0 nothing was found, 1 something was (its input is in test/fuzz/found/), 2 wrong usage.
`;

const DEFAULT_SECONDS = 60;
const MAX_SEED = 0xffffffff;

export interface Options {
  readonly seed: number;
  readonly targets: readonly string[];
  /** Of all targets together. */
  readonly seconds: number;
  readonly cases: number;
}

export type ParsedOptions = Options | 'help' | { readonly usage: string };

/** @param freshSeed where none is given. */
export function parseOptions(args: readonly string[], freshSeed: number): ParsedOptions {
  const read = readArguments(args);
  if (typeof read === 'string') return { usage: read };
  const { help, target: targets = TARGET_NAMES } = read;
  if (help === true) return 'help';
  const unknown = targets.find((name) => !TARGET_NAMES.includes(name) && !PLANTED.includes(name));
  if (unknown !== undefined) return { usage: `no target is called ${JSON.stringify(unknown)}` };
  // A number that JSON can hold, as Infinity is not.
  const forever = Number.MAX_SAFE_INTEGER;
  const cases = positive(read.cases, forever);
  const seconds = positive(read.seconds, cases === forever ? DEFAULT_SECONDS : forever);
  const seed = read.seed === undefined ? freshSeed : Number(read.seed);
  if (cases === undefined || seconds === undefined)
    return { usage: '--cases and --seconds are numbers above 0' };
  if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED)
    return { usage: '--seed is a number up to 2^32 - 1' };
  return { seed, targets, seconds, cases };
}

function readArguments(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seconds: { type: 'string' },
        cases: { type: 'string' },
        target: { type: 'string', multiple: true },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** undefined where it is no number above 0. */
function positive(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise;
  const number = Number(text);
  return number > 0 && Number.isFinite(number) ? number : undefined;
}
