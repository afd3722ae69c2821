/** One row of a table in docs/threats.md. */
export interface Threat {
  readonly what: string;
  /** Under `src/`. */
  readonly defences: readonly string[];
  readonly tests: readonly NamedTest[];
  /** What the client sees. */
  readonly sees: string;
}

export interface NamedTest {
  /** From the clone's root. */
  readonly file: string;
  /** Each part that differs by case is `…`. */
  readonly title: string;
}

const COLUMNS = 'what comes | defence | shown by | what the client sees';
/** What stands where there is no one place of the defence. */
const NOWHERE_IN_PARTICULAR = '—';

/**
 * Reads the tables of threats: those with the four columns.
 * @throws Error for a row that has not four cells.
 */
export function readThreats(document: string): Threat[] {
  const threats: Threat[] = [];
  let inTable = false;
  for (const line of document.split('\n')) {
    if (line.startsWith(`| ${COLUMNS} |`)) inTable = true;
    else if (!line.startsWith('|')) inTable = false;
    else if (inTable && !line.startsWith('| ---')) threats.push(readRow(line));
  }
  return threats;
}

function readRow(line: string): Threat {
  const cells = line
    .slice(1, -1)
    .split(' | ')
    .map((cell) => cell.trim());
  const [what = '', defence = '', shown = '', sees = ''] = cells;
  if (cells.length !== 4) throw new Error(`${cells.length} cells, not 4, in: ${line}`);
  return {
    what,
    defences: defence === NOWHERE_IN_PARTICULAR ? [] : [...defence.matchAll(/`([^`]+)`/g)].map(first),
    tests: [...shown.matchAll(/`([^`]+)` “([^”]+)”/g)].map(([, file = '', title = '']) => ({ file, title })),
    sees,
  };
}

/** A call of `test`, and the literal that is its title. */
const TEST_CALL = /\btest\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g;
/** A part of a template, which may itself hold a pair of braces. */
const PART = /\$\{(?:[^{}]|\{[^{}]*\})*\}/g;

/** The titles of a test file's tests, subtests included, as docs/threats.md writes them. */
export function titlesIn(source: string): Set<string> {
  const written = [...source.matchAll(TEST_CALL)].map(
    ([, single, double, template = '']) => single ?? double ?? template.replace(PART, '…'),
  );
  return new Set(written.map((title) => title.replace(/\\(['"`\\])/g, '$1')));
}

function first([, group = '']: RegExpMatchArray): string {
  return group;
}
