import { type Address, parseAddress } from '../../src/allowlist/address.ts';
import type { Allowlist } from '../../src/allowlist/allowlist.ts';
import { allowlistFrom } from '../../src/allowlist/entries.ts';
import type { Figures } from '../figures.ts';
import type { Work } from '../work.ts';

const SIZES = [10, 10_000, 1_000_000];
const DECISIONS = 1_000_000;
/** Looked up in turn: more than fit a processor's nearest cache, half of them on the list. */
const VISITORS = 20_000;

/** W10: an allowlist's decision, in our own process. */
export function decisionWorks(): Work[] {
  return SIZES.map((size) => {
    let made: { list: Allowlist; visitors: readonly Address[] } | undefined;
    return {
      name: `W10 n=${size}`,
      unit: 'decision',
      candidates: ['portcullis'],
      warms: true,
      turn: async () => {
        made ??= { list: allowlistFrom(entriesOf(size), 'bench'), visitors: visitorsOf(size) };
        return decide(made.list, made.visitors);
      },
    };
  });
}

function decide(list: Allowlist, visitors: readonly Address[]): Figures {
  let admitted = 0;
  const before = process.cpuUsage();
  for (let decided = 0; decided < DECISIONS; ) {
    for (const visitor of visitors) if (list.admits(visitor)) admitted += 1;
    decided += visitors.length;
  }
  const { user, system } = process.cpuUsage(before);
  if (admitted !== DECISIONS / 2) throw new Error(`${admitted} of ${DECISIONS} were admitted, not half`);
  return { cpu: (user + system) / DECISIONS };
}

/** Every other address from 16.0.0.0 on, so that no two merge. */
function* entriesOf(size: number): Generator<string> {
  for (let n = 0; n < size; n += 1) yield textOf(2 * n);
}

function visitorsOf(size: number): Address[] {
  return Array.from({ length: VISITORS }, (_, n) => {
    // Scattered all over the list: a prime step; the last bit says whether it is on it.
    const place = (Math.floor(n / 2) * 7_368_787) % size;
    const address = parseAddress(textOf(2 * place + (n % 2)));
    if (address === undefined) throw new Error('no address');
    return address;
  });
}

function textOf(n: number): string {
  return [16 + (n >>> 24), (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.');
}
