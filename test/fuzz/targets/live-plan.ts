import type { Duplex } from 'node:stream';
import { cutAt } from '../../support/arbitraries.ts';

/** How a peer sends its bytes and what it does when all are sent; an input's first two bytes say so. */
export interface Plan {
  /** What the lowest bit means is the target's affair. */
  readonly flag: boolean;
  readonly ending: 'half-close' | 'reset' | 'wait' | 'destroy';
  readonly fragments: readonly Buffer[];
  /** Whether the other side may answer between two fragments. */
  readonly pauses: boolean;
}

const ENDINGS = [
  'half-close',
  'half-close',
  'wait',
  'half-close',
  'reset',
  'half-close',
  'destroy',
  'half-close',
] as const;

/** The second byte is where the first cut is, and moves the others: primes, so that they go their own ways. */
const STRIDES = [1, 97, 211, 389, 631, 1009, 1511, 2003];

/** What makes up one cut, and a pause at it. */
const CUT_ONCE = 0x10;
const PAUSE = 0x80;

/** Long enough for the other side to answer what came before, in ms. */
const PAUSE_MS = 2;

/** @param cut where there is a pause, at most 255; 0: nowhere. */
export function planned(flag: boolean, ending: Plan['ending'], stream: Buffer, cut = 0): Buffer {
  const how = (flag ? 1 : 0) | (ENDINGS.indexOf(ending) << 1) | (cut === 0 ? 0 : CUT_ONCE | PAUSE);
  return Buffer.concat([Buffer.of(how, cut), stream]);
}

export function planOf(input: Buffer): Plan {
  const [first = 0, second = 0] = input;
  const stream = input.subarray(2);
  const cuts = STRIDES.slice(0, (first >> 4) & 0x07).map((stride) => (stride * second) % (stream.length + 1));
  return {
    flag: (first & 1) === 1,
    ending: ENDINGS[(first >> 1) & 0x07] ?? 'half-close',
    fragments: cutAt(stream, cuts),
    pauses: (first & PAUSE) !== 0,
  };
}

/** Sends all; a peer that has gone meanwhile is no matter. */
export async function play(plan: Plan, stream: Duplex): Promise<void> {
  for (const fragment of plan.fragments) {
    if (!stream.writable) return;
    stream.write(fragment);
    if (plan.pauses) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
