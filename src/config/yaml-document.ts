import { type Document, LineCounter, parseDocument } from 'yaml';
import { fileProblem, type Problem, printable } from './problem.ts';
import { faultsOf, type YamlFault } from './yaml-faults.ts';
import { type Place, type TextChange, YamlValues } from './yaml-values.ts';

/** Keys and indexes from the root. */
export type Path = readonly PropertyKey[];

export interface YamlOptions {
  readonly file: string;
  /** Bytes of UTF-8. */
  readonly maxBytes: number;
  /** Looks at every text that is a value; without it, texts stay as they are. */
  readonly changeText?: TextChange;
}

/** A text that is not taken. */
export interface UnsoundYaml {
  readonly problems: Problem[];
  /** What it would be without the values that are at fault, for finding more problems only. */
  readonly partly?: YamlDocument;
}

const UNCHANGED: TextChange = (text) => ({ value: text });

/** A YAML text as plain values, which knows where each of them stands. */
export class YamlDocument {
  readonly file: string;
  readonly value: unknown;
  readonly #root: Place;
  readonly #lines: LineCounter;

  private constructor(file: string, root: { value: unknown; place: Place }, lines: LineCounter) {
    this.file = file;
    this.value = root.value;
    this.#root = root.place;
    this.#lines = lines;
  }

  /**
   * Reads one document of YAML 1.2 with the core schema: no tags, no merge keys, no key twice, aliases only as
   * far as they do not multiply. Texts from anywhere are safe to give; nothing is thrown.
   */
  static read(text: string, options: YamlOptions): { readonly document: YamlDocument } | UnsoundYaml {
    const { file, maxBytes } = options;
    if (Buffer.byteLength(text) > maxBytes) {
      return { problems: [fileProblem(file, `is larger than ${maxBytes} bytes: split it or shorten it`)] };
    }
    const lines = new LineCounter();
    const parsed = parseYaml(text, lines);
    if (parsed === undefined) return { problems: [fileProblem(file, 'is nested too deeply')] };
    const { contents, errors, warnings, directives } = parsed;
    const syntax = faultsOf([...errors, ...warnings], text);
    if (directives.yaml.version !== '1.2')
      syntax.push({ offset: 0, message: 'YAML 1.2 is read here: remove the %YAML line' });
    if (syntax.length > 0) return { problems: problemsIn(file, syntax, lines) };
    const values = new YamlValues(options.changeText ?? UNCHANGED);
    const root = values.convert(contents);
    const document = new YamlDocument(file, root, lines);
    if (values.faults.length === 0) return { document };
    const problems = problemsIn(file, values.faults, lines);
    return values.isCut ? { problems } : { problems, partly: document };
  }

  /** Where the value at a path stands; for a path that leads nowhere, the last place on the way. */
  at(path: Path, message: string, severity: Problem['severity'] = 'error'): Problem {
    return {
      file: this.file,
      ...placeOf(this.#walk(path).at, this.#lines),
      message: printable(message),
      severity,
    };
  }

  /** Where the key stands that a path's last step names. */
  atKey(path: Path, message: string, severity: Problem['severity'] = 'error'): Problem {
    return {
      file: this.file,
      ...placeOf(this.#walk(path).keyAt, this.#lines),
      message: printable(message),
      severity,
    };
  }

  /** The value at a path; undefined where there is none. */
  get(path: Path): unknown {
    let value = this.value;
    for (const step of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
      value = Reflect.get(value, step);
    }
    return value;
  }

  #walk(path: Path): Place {
    let place = this.#root;
    for (const step of path) {
      const next = place.children.get(step);
      if (next === undefined) return place;
      place = next;
    }
    return place;
  }
}

/** @returns undefined where the parser ran out of stack: its recursion has a bound for brackets only, not for `a: a: …`. */
function parseYaml(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  try {
    return parseDocument(text, {
      lineCounter,
      version: '1.2',
      schema: 'core',
      stringKeys: true,
      // Ours is linear; the parser's compares every key with every other.
      uniqueKeys: false,
      resolveKnownTags: false,
      prettyErrors: false,
      logLevel: 'error',
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function problemsIn(file: string, faults: readonly YamlFault[], lines: LineCounter): Problem[] {
  return faults.map(({ offset, message }) => ({
    file,
    ...placeOf(offset, lines),
    message,
    severity: 'error',
  }));
}

function placeOf(offset: number, lines: LineCounter): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
