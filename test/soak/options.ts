import { parseArgs } from 'node:util';

export interface SoakOptions {
  readonly seconds: number;
  /** At a time. */
  readonly sessions: number;
  readonly seed: number;
}

const MAX_SECONDS = 24 * 3600;
/** One address has some 28,000 ports to come from, and a closed connection keeps its port for a minute. */
const MAX_SESSIONS = 20_000;
const MAX_SEED = 0xffffffff;

export const USAGE = 'usage: npm run soak -- [--seconds 300] [--sessions 2000] [--seed N]';

/** @throws TypeError, for people, on anything but what USAGE says. */
export function soakOptions(args: readonly string[], anySeed: () => number): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: { type: 'string' }, sessions: { type: 'string' }, seed: { type: 'string' } },
  });
  return {
    seconds: whole('seconds', values.seconds ?? '300', [1, MAX_SECONDS]),
    sessions: whole('sessions', values.sessions ?? '2000', [1, MAX_SESSIONS]),
    seed: values.seed === undefined ? anySeed() : whole('seed', values.seed, [0, MAX_SEED]),
  };
}

function whole(name: string, text: string, [least, most]: readonly [number, number]): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new TypeError(`--${name} must be a whole number from ${least} to ${most}`);
}
