import { deepEqual, equal, ok } from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { type Address, formatAddress, parseAddress } from '../../../src/allowlist/address.ts';
import { Allowlist } from '../../../src/allowlist/allowlist.ts';
import { parseEntry, type Range } from '../../../src/allowlist/entry.ts';
import { checkWritten } from '../../../src/allowlist/written.ts';
import { addressOf, BITS, numberOf } from '../../allowlist/numbers.ts';
import type { Target } from '../target.ts';

/** Each of the 60 characters that are quoted may be spelled out. */
const PRINTABLE_LINE = /^[ -~]{1,600}$/;
const MAPPED = /^::ffff:/i;

/** An entry as people write it. node:net and ip-cidr, which read addresses too, see the same ones. */
export const allowlist: Target = {
  maxLength: 300,
  floorMs: 50,
  run(input) {
    const text = input.toString('utf8');
    checkAddress(text.trim());
    const parsed = parseEntry(text);
    const problems = checkWritten(text);
    if ('problem' in parsed) {
      ok(PRINTABLE_LINE.test(parsed.problem), parsed.problem);
      return deepEqual(problems, [parsed.problem]);
    }
    deepEqual(problems, [], 'ip-cidr reads it otherwise');
    checkRange(parsed.range);
    checkAgainstNode(text.replaceAll(/\s/g, ''), parsed.range);
  },
};

function checkAddress(text: string): void {
  const address = parseAddress(text);
  equal(address !== undefined, isIP(text) !== 0 && !text.includes('%'), 'node:net disagrees');
  if (address === undefined) return;
  const canonical = formatAddress(address);
  deepEqual(parseAddress(canonical), address);
  equal(isIP(canonical), address.family);
}

/** A list of this one entry admits its two ends and neither neighbour. */
function checkRange({ first, last }: Range): void {
  equal(first.family, last.family);
  ok(numberOf(first) <= numberOf(last));
  const list = Allowlist.of([{ first, last }]);
  ok(list.admits(first) && list.admits(last));
  for (const outside of neighbours(first, last))
    ok(!list.admits(outside), `${formatAddress(outside)} gets in`);
}

/** Those before the first and behind the last address, where there are any of the family. */
function neighbours(first: Address, last: Address): Address[] {
  const { family } = first;
  const numbers = [numberOf(first) - 1n, numberOf(last) + 1n];
  return numbers
    .filter((number) => number >= 0n && number < 1n << BITS[family])
    .map((number) => addressOf(family, number))
    .filter((address) => address.family === family);
}

function checkAgainstNode(entry: string, { first, last }: Range): void {
  // To BlockList a mapped address is of both families.
  if ([entry, formatAddress(first), formatAddress(last)].some((text) => MAPPED.test(text))) return;
  const list = new BlockList();
  const kind = first.family === 4 ? 'ipv4' : 'ipv6';
  const [start = '', prefix] = entry.split('/');
  if (prefix !== undefined && isIP(start) === first.family) list.addSubnet(start, Number(prefix), kind);
  else list.addRange(formatAddress(first), formatAddress(last), kind);
  for (const inside of [first, last]) ok(list.check(formatAddress(inside), kind), 'BlockList leaves one out');
  for (const outside of neighbours(first, last))
    ok(!list.check(formatAddress(outside), kind), 'BlockList has more');
}
