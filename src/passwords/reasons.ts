import { generateOne } from './shape.ts';
import type { Kind, Token } from './tokens.ts';

const NAMED: Readonly<Record<Exclude<Kind, 'chance' | 'separator'>, string>> = {
  context: 'a name that goes with the database',
  password: 'a common password',
  name: 'a name',
  word: 'a word',
  keyboard: 'neighbours on the keyboard',
  repetition: 'a repetition',
  sequence: 'a sequence',
  date: 'a date or a year',
};

/** A letter or digit by chance. */
const BITS_PER_CHARACTER = Math.log2(62);

/** What a weak password is built on, the greater part first. Nothing of the password itself. */
export function whyWeak(tokens: readonly Token[]): string {
  const covered = new Map<string, number>();
  for (const { kind, first, last } of tokens) {
    if (kind === 'chance' || kind === 'separator') continue;
    covered.set(NAMED[kind], (covered.get(NAMED[kind]) ?? 0) + last - first + 1);
  }
  const parts = [...covered].sort(([, a], [, b]) => b - a).map(([name]) => name);
  if (parts.length === 0) return 'it is too short for the kinds of characters in it';
  return `it is built on ${listed(parts)}`;
}

/** How much chance is missing. */
export function mendFor(missingBits: number): string {
  const count = Math.ceil(missingBits / BITS_PER_CHARACTER);
  const what = count === 1 ? 'one random letter or digit' : `${count} random letters and digits`;
  return `add at least ${what}, or ${generateOne()}`;
}

function listed(parts: readonly string[]): string {
  return parts.length < 2
    ? parts.join('')
    : `${parts.slice(0, -1).join(', ')} and ${parts.slice(-1).join('')}`;
}
