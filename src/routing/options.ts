import { foldCase } from '../catalog/names.ts';

/** What the startup parameter `options` says to us, and what it says to the upstream. */
export interface TakenOptions {
  /** Endpoints named, in lower case, each once; the empty name where the client left it out. */
  readonly endpoints: readonly string[];
  /** The other options as they were written, undefined where nothing is left to say. */
  readonly remaining: string | undefined;
}

interface Word {
  readonly start: number;
  readonly end: number;
  /** Without the backslashes that escape. */
  readonly text: string;
}

const ENDPOINT_OPTION = 'endpoint=';

/** C's isspace() in the C locale. JavaScript's `\s` knows more, and would split where PostgreSQL does not. */
const WHITE_SPACE = ' \t\n\v\f\r';
const BACKSLASH = '\\';
const ESCAPED = /\\(.?)/gs;

/**
 * Takes the words `endpoint=<id>` out of a startup packet's `options`. The rest stays as it was written, but for
 * the one white space that a word needs: escapes and values are the upstream's to read.
 *
 * A word counts wherever it stands, as at Neon, so also behind `-c`, which then reaches the upstream alone and
 * is refused there.
 */
export function takeEndpoints(options: string | undefined): TakenOptions {
  if (options === undefined) return { endpoints: [], remaining: undefined };
  const endpoints = new Set<string>();
  let rest = '';
  let kept = 0;
  for (const { start, end, text } of splitOptions(options)) {
    if (!text.startsWith(ENDPOINT_OPTION)) continue;
    endpoints.add(foldCase(text.slice(ENDPOINT_OPTION.length)));
    rest += options.slice(kept, start);
    kept = end + 1;
  }
  // The last word has no white space behind it: the one before it goes instead.
  rest = kept > options.length ? rest.slice(0, -1) : rest + options.slice(kept);
  const remains = endpoints.size === 0 || splitOptions(rest).next().done === false;
  return { endpoints: [...endpoints], remaining: remains ? rest : undefined };
}

/**
 * The words of an options string as PostgreSQL finds them (pg_split_opts, src/backend/utils/init/postinit.c):
 * white space separates, a backslash makes the next character part of the word, and the last one says nothing.
 * Each character is looked at once (pgbouncer CVE-2026-107349 was an endless loop here).
 */
export function* splitOptions(options: string): Generator<Word> {
  let at = 0;
  while (at < options.length) {
    if (WHITE_SPACE.includes(options.charAt(at))) {
      at += 1;
      continue;
    }
    const start = at;
    while (at < options.length && !WHITE_SPACE.includes(options.charAt(at))) {
      at += options.charAt(at) === BACKSLASH ? 2 : 1;
    }
    at = Math.min(at, options.length);
    yield { start, end: at, text: options.slice(start, at).replace(ESCAPED, '$1') };
  }
}
