import { tokensOf } from './lexer.ts';

/** Put before a literal, it reads with backslashes as escapes; the space keeps it from being a word's end. */
const ESCAPE = ' E';

/** A text written anew, and how its offsets lead back. */
export interface Rewritten {
  readonly text: Buffer;
  /** @returns the offset in the text as it was. */
  readonly origin: (offset: number) => number;
}

/**
 * Writes a statement so that it reads as it would with `standard_conforming_strings = off`, whatever the setting is
 * (PostgreSQL manual, 4.1.2.2).
 * @returns undefined where it reads the same with both.
 */
export function asWithoutConformingStrings(text: Buffer): Rewritten | undefined {
  const latin1 = text.toString('latin1');
  if (!latin1.includes('\\')) return undefined;
  const parts: string[] = [];
  const inserted: number[] = [];
  let at = 0;
  for (const { kind, start, end } of tokensOf(latin1, false)) {
    if (kind !== 'plain' || !latin1.slice(start, end).includes('\\')) continue;
    parts.push(latin1.slice(at, start), ESCAPE);
    inserted.push(start);
    at = start;
  }
  if (inserted.length === 0) return undefined;
  parts.push(latin1.slice(at));
  return { text: Buffer.from(parts.join(''), 'latin1'), origin: (offset) => originOf(offset, inserted) };
}

/** @param inserted where in the text as it was, in ascending order. */
function originOf(offset: number, inserted: readonly number[]): number {
  let before = 0;
  for (const at of inserted) {
    if (at + before * ESCAPE.length >= offset) break;
    before += 1;
  }
  return offset - before * ESCAPE.length;
}
