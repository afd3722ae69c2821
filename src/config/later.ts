import { isLoopback, parseListenAddress } from './listen-address.ts';
import type { Problem } from './problem.ts';
import { pathText } from './shape.ts';
import type { Path, YamlDocument } from './yaml-document.ts';

/** A key whose shape is checked already and whose work is still to come. */
interface Later {
  /** Keys from the root; `*` is every item of a list. */
  readonly path: readonly string[];
  /** Without it, the key's mere presence counts. */
  readonly when?: (value: unknown) => boolean;
  readonly message: string;
}

const REMOVE = 'comes in a later version: remove it';

/**
 * The one list of what is not built yet: whoever builds a thing deletes its line. What an operator asks for as
 * a gate must not be missing in silence, so it is an error.
 */
const REFUSED_IN_SERVER: readonly Later[] = [
  { path: ['admin', 'tokens'], message: REMOVE },
  {
    path: ['admin', 'listen'],
    when: isOffLoopback,
    message: 'off loopback needs tokens, which come in a later version: use 127.0.0.1:6433',
  },
];

export function laterInServer(document: YamlDocument): Problem[] {
  return REFUSED_IN_SERVER.flatMap((later) => find(document, later));
}

function find(document: YamlDocument, later: Later): Problem[] {
  return (
    pathsMatching(document.value, later.path, [])
      // A key without a value is told of as such.
      .filter((path) => document.get(path) !== null && (later.when?.(document.get(path)) ?? true))
      .map((path) => document.atKey(path, `${pathText(path)} ${later.message}`))
  );
}

function pathsMatching(value: unknown, pattern: readonly string[], path: Path): Path[] {
  const [step, ...rest] = pattern;
  if (step === undefined) return [path];
  if (Array.isArray(value) && step === '*') {
    return value.flatMap((item: unknown, index) => pathsMatching(item, rest, [...path, index]));
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return [];
  return pathsMatching(Reflect.get(value, step), rest, [...path, step]);
}

function isOffLoopback(value: unknown): boolean {
  const address = parseListenAddress(String(value));
  return 'host' in address && !isLoopback(address.host);
}
