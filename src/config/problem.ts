/** Something wrong in a configuration, and the mend, for `portcullis check`, the log and exit status 2. */
export interface Problem {
  /** As the user names it; an environment variable's name where the setting came from there. */
  readonly file: string;
  /** From 1; 0 where there is no line to point at. */
  readonly line: number;
  /** From 1, in UTF-16 units; 0 where there is no line to point at. */
  readonly column: number;
  /** One line of printable text, never a secret: what is wrong, then the mend. */
  readonly message: string;
  /** A warning does not keep the configuration from being used. */
  readonly severity: 'error' | 'warning';
}

/** Controls, marks such as those that turn the direction of writing, and line ends of Unicode's own. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** As much of a foreign text as a message quotes. */
const MAX_QUOTED = 80;

/** `file:line:column: what, and the mend`, as compilers print it, so that editors can jump there. */
export function formatProblem({ file, line, column, message, severity }: Problem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return severity === 'warning' ? `${place}: warning: ${message}` : `${place}: ${message}`;
}

/** A problem of a file as a whole, told at its beginning. */
export function fileProblem(file: string, message: string, severity: Problem['severity'] = 'error'): Problem {
  return { file, line: 1, column: 1, message: printable(message), severity };
}

/** A problem of an environment variable, which has no lines. */
export function variableProblem(
  name: string,
  message: string,
  severity: Problem['severity'] = 'error',
): Problem {
  return { file: name, line: 0, column: 0, message: printable(message), severity };
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** The faults, and what else was found; what stands on a fault's own line is its echo. */
export function besideFaults(faults: readonly Problem[], found: readonly Problem[]): Problem[] {
  const faulty = new Set(faults.map(({ line }) => line));
  return [...faults, ...found.filter(({ line }) => !faulty.has(line))];
}

/** In reading order. Sorting is stable: problems of one place stay in the order in which they were found. */
export function inReadingOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** Text from a file or a variable, in quotes and fit for a terminal: control characters are spelled out. */
export function quoted(text: string): string {
  const short = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
  // JSON escapes C0 and lone surrogates.
  return printable(JSON.stringify(short));
}

/** A message in one line that a terminal shows as it is: what would turn, break or hide it is spelled out. */
export function printable(message: string): string {
  return message.replace(UNPRINTABLE, (character) =>
    character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
