import fc from 'fast-check';
import type { Test } from 'tap';
import type { Finding } from '../../src/audit/findings.ts';
import { ChainVerifier } from '../../src/audit/verification.ts';
import { KEYS, linesOf, type WrittenSegment, writeTrail } from '../support/audit-trail.ts';

/** Of each kind of tampering. */
export const CASES = process.env['PORTCULLIS_E2E_FULL'] === '1' ? 2000 : 100;

type File = 'records' | 'checkpoints';

/** A line of a trail that may be tampered with, as mutable lists; segments by their order. */
interface Opened {
  readonly names: string[];
  readonly records: string[][];
  readonly checkpoints: string[][];
}

/** Numbers below 1, of which a tampering makes its choices. */
type Chance = readonly number[];

/** Where it should be found: the segment by its order, the line from 1. */
interface Mark {
  readonly segment: number;
  readonly file: File;
  readonly line: number;
}

/** @returns undefined where the choices leave everything as it was. */
type Tampering = (trail: Opened, chance: Chance, segments: readonly WrittenSegment[]) => Mark | undefined;

export const plan = fc.record({
  segments: fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 2, maxLength: 3 }),
  every: fc.integer({ min: 1, max: 4 }),
});
const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 5,
  maxLength: 5,
});

export function open(segments: readonly WrittenSegment[]): Opened {
  return {
    names: segments.map(({ name }) => name),
    records: segments.map(({ records = [] }) => [...records]),
    checkpoints: segments.map(({ checkpoints = [] }) => [...checkpoints]),
  };
}

export async function findingsOf({ names, records, checkpoints }: Opened): Promise<readonly Finding[]> {
  const verifier = new ChainVerifier({ publicKeys: [KEYS.publicKey] });
  const order = names.map((name, index) => ({ name, index })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, index } of order) {
    await verifier.segment({
      name,
      records: linesOf(records[index] ?? []),
      checkpoints: linesOf(checkpoints[index] ?? []),
    });
  }
  return verifier.end();
}

/** The first finding in the file must be at the place, or beside it where lines have moved. */
export async function found(t: Test, tampering: Tampering): Promise<void> {
  let cases = 0;
  await fc.assert(
    fc.asyncProperty(plan, chances, async (plan, chance) => {
      const segments = writeTrail(plan);
      const trail = open(segments);
      const mark = tampering(trail, chance, segments);
      fc.pre(mark !== undefined);
      cases += 1;
      const findings = await findingsOf(trail);
      const [first] = findings.filter(({ file }) => file === mark.file);
      const name = segments[mark.segment]?.name;
      const isThere = first !== undefined && first.segment === name && Math.abs(first.line - mark.line) <= 1;
      if (!isThere) throw new Error(`${name} ${mark.line}: ${JSON.stringify(findings, null, 1)}`);
    }),
    { numRuns: CASES },
  );
  t.ok(cases >= CASES, `${cases} cases`);
}

/** A place among lists: which list, and which of its entries. */
export function pick(lists: readonly (readonly string[])[], chance: number): { list: number; entry: number } {
  let rest = Math.floor(chance * lists.reduce((sum, { length }) => sum + length, 0));
  for (const [list, { length }] of lists.entries()) {
    if (rest < length) return { list, entry: rest };
    rest -= length;
  }
  throw new Error('there is nothing to pick');
}

export function at(
  lists: readonly (readonly string[])[],
  { list, entry }: { list: number; entry: number },
): string {
  const text = lists[list]?.[entry];
  if (text === undefined) throw new Error('there is no such line');
  return text;
}

export function put(
  lists: string[][],
  { list, entry }: { list: number; entry: number },
  ...texts: string[]
): void {
  lists[list]?.splice(entry, 1, ...texts);
}

/** Another printable character somewhere in a text. */
export function changedByte(text: string, where: number, what: number): string {
  const index = Math.floor(where * text.length);
  const was = text.charCodeAt(index);
  const now = 32 + ((was - 32 + 1 + Math.floor(what * 94)) % 95);
  return text.slice(0, index) + String.fromCharCode(now) + text.slice(index + 1);
}
