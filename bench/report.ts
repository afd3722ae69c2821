import { FIGURES, type FigureName, type Spread, type Summary } from './figures.ts';
import type { Result } from './rounds.ts';
import type { Verdict } from './targets.ts';

const HEADINGS: Readonly<Record<FigureName, string>> = {
  rate: 'a second',
  p50: 'p50 µs',
  p99: 'p99 µs',
  cpu: 'CPU µs a unit',
  others: 'all else',
  rss: 'RSS MB',
  session: 'kB a session',
};

/** The results as a table of Markdown: medians, with the least and the most in brackets. */
export function tableOf(results: readonly Result[]): string {
  const head = ['work', 'unit', 'through', ...FIGURES.map((name) => HEADINGS[name])];
  const lines = results.flatMap(({ work, unit, candidates }) =>
    Object.entries(candidates).map(([name, summary]) => [work, unit, name, ...cellsOf(summary)]),
  );
  return markdown(head, lines);
}

/** What was reached of the targets, as a table of Markdown. */
export function verdictsOf(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(
    ({ work, of = 'portcullis', figure, against, doing, over, target, wanted, reached, met }) => [
      work,
      of,
      over === undefined ? HEADINGS[figure] : `${HEADINGS[figure]} over ${over}`,
      against === undefined ? '' : `${against}${doing === undefined ? '' : `, ${doing}`}`,
      shown(reached),
      `≤ ${target}`,
      `≤ ${wanted}`,
      met ? 'met' : 'missed',
    ],
  );
  return markdown(['work', 'through', 'figure', 'against', 'reached', 'target', 'wanted', ''], lines);
}

function cellsOf(summary: Summary): string[] {
  return FIGURES.map((name) => cellOf(summary[name]));
}

function cellOf(spread: Spread | undefined): string {
  if (spread === undefined) return '';
  const { median, min, max } = spread;
  return `${shown(median)} (${shown(min)}–${shown(max)})`;
}

/** Three figures, or all of a whole number. */
function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function markdown(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return row(head) + row(head.map(() => '---')) + lines.map(row).join('');
}
