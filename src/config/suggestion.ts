import { quoted } from './problem.ts';

/** Longer texts are no slips of a finger; the work grows with the product of both lengths. */
const MAX_LENGTH = 64;

/** `unknown key "certficates", did you mean "certificates"?`; without a likely word, the words there are. */
export function unknownWord(what: string, word: string, known: readonly string[]): string {
  const likely = nearest(word, known);
  if (likely !== undefined) return `unknown ${what} ${quoted(word)}, did you mean ${quoted(likely)}?`;
  return `unknown ${what} ${quoted(word)}: remove it; known here: ${known.join(', ')}`;
}

/** The known word that a slip or two, or another spelling of case and dashes, makes into this one. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  const plain = plainly(word);
  const slips = Math.max(1, Math.floor(plain.length / 3));
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(plain, plainly(candidate)) }))
    .filter(({ distance }) => distance <= slips)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

function plainly(word: string): string {
  return word.toLowerCase().replace(/[-_ ]/g, '');
}

/** Letters to put in, take out or change (Levenshtein), two neighbours changing places counting as one. */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    rows.push(line);
    for (let column = 1; column <= b.length; column++) line.push(cell({ a, b, rows }, row, column));
  }
  return at(rows, a.length, b.length);
}

interface Table {
  readonly a: string;
  readonly b: string;
  readonly rows: readonly (readonly number[])[];
}

function cell({ a, b, rows }: Table, row: number, column: number): number {
  const same = a[row - 1] === b[column - 1];
  const best = Math.min(
    at(rows, row - 1, column) + 1,
    at(rows, row, column - 1) + 1,
    at(rows, row - 1, column - 1) + (same ? 0 : 1),
  );
  const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
  return swapped ? Math.min(best, at(rows, row - 2, column - 2) + 1) : best;
}

function at(rows: readonly (readonly number[])[], row: number, column: number): number {
  return Number(rows[row]?.[column]);
}
