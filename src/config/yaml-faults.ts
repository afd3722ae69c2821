import type { ErrorCode, YAMLError } from 'yaml';

/**
 * Our own words for what the parser says: its messages quote the text at fault, and that may be a secret.
 * A code that is not here is told in general words.
 */
const WORDS: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) takes no tag or anchor: remove it',
  BAD_ALIAS: 'an anchor or alias has no valid name: letters and digits after & or *',
  BAD_COLLECTION_TYPE: 'a tag does not fit its value: remove the tag',
  BAD_DIRECTIVE: 'a % directive is not understood: remove the line',
  BAD_DQ_ESCAPE: 'unknown escape in double quotes: write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'wrong indentation, or a bracket or brace that is not closed',
  BAD_PROP_ORDER: 'an anchor or tag is in the wrong place: it goes right before its value',
  BAD_SCALAR_START: 'a value begins with a reserved character: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'two keys on one line: put a value that has ": " in it in quotes',
  BLOCK_IN_FLOW: 'a block cannot stand within brackets or braces: write it on the line, with commas',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters: is its colon missing?',
  MISSING_CHAR: 'a quote, comma, colon or space is missing',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines: is a quote or a colon missing before?',
  MULTIPLE_ANCHORS: 'a value has two anchors: remove one',
  MULTIPLE_DOCS: 'a second document begins here: keep one in a file',
  MULTIPLE_TAGS: 'a value has two tags: remove one',
  NON_STRING_KEY: 'a key must be plain text',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab indents this line: use spaces',
  TAG_RESOLVE_FAILED: 'tags (!name) are not used here: remove it',
  UNEXPECTED_TOKEN: 'unexpected text: check the indentation, quotes and brackets above',
};

export interface YamlFault {
  /** Offset into the text. */
  readonly offset: number;
  readonly message: string;
}

/** What a wrong bracket sets off further down helps nobody: these many faults are told, from the top. */
const MAX_FAULTS = 10;
/** A text of brackets alone has a fault at each. */
const MAX_LOOKED_AT = 200;
const NEAR = 200;

/** Within braces, YAML takes the brace of an unquoted `${NAME}` for its own. */
const VARIABLE_IN_FLOW = `unexpected text: write "\${NAME}" in quotes within brackets or braces`;

/** Parser errors as faults, the first of each line. */
export function faultsOf(errors: readonly YAMLError[], text: string): YamlFault[] {
  const [deepest] = errors.filter(({ code }) => code === 'RESOURCE_EXHAUSTION');
  // The parser has given up then, and blames every bracket that is still open.
  const told = deepest === undefined ? errors : [deepest];
  const first = told.toSorted((a, b) => a.pos[0] - b.pos[0]).slice(0, MAX_LOOKED_AT);
  const faults = first.map(({ code, pos: [offset] }) => ({
    offset,
    message: wordsFor(code, around(text, offset)),
  }));
  const lines = new Map(faults.toReversed().map((fault) => [startOfLine(text, fault.offset), fault]));
  return [...lines.values()].reverse().slice(0, MAX_FAULTS);
}

function wordsFor(code: ErrorCode, line: string): string {
  if (code === 'UNEXPECTED_TOKEN' && /[{[].*[^"']\$\{/.test(line)) return VARIABLE_IN_FLOW;
  return WORDS[code] ?? 'this is not valid YAML: check the indentation, quotes and brackets';
}

/** The line of an offset, as far as it is near: a line may be as long as the file. */
function around(text: string, offset: number): string {
  const start = Math.max(startOfLine(text, offset), offset - NEAR);
  const end = text.indexOf('\n', offset);
  return text.slice(start, Math.min(end < 0 ? text.length : end, offset + NEAR));
}

function startOfLine(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}
