import { ok } from 'node:assert/strict';
import type { KeyRing } from '../../../src/config/key-ring.ts';
import { parseKeyRing } from '../../../src/config/key-ring.ts';
import { formatProblem, type Problem } from '../../../src/config/problem.ts';
import { unseal } from '../../../src/config/sealed.ts';
import type { CatalogSurroundings } from '../../../src/config/surroundings.ts';
import { CA_PEM, KEY_LINE } from '../../config/a-config.ts';

/** A secret, which no problem may repeat. */
export const CANARY = 'hunter2-canary';

/** One line that no terminal obeys: neither controls nor marks that turn its direction. */
const ONE_LINE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u;

/** Long enough for a list of every key that is known somewhere. */
const LONGEST_MESSAGE = 2000;

export const ring: KeyRing = ringOf(KEY_LINE);

function ringOf(text: string): KeyRing {
  const parsed = parseKeyRing(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.ring;
}

/** Files and variables that configurations of the corpus name. In a catalog, `${SECRET}` is one. */
export const surroundings: CatalogSurroundings = {
  file: 'f.yaml',
  base: '/srv',
  env: { SECRET: CANARY, PORT: '6432', LEVEL: 'info', EMPTY: '' },
  readFile: (path) => {
    if (path.endsWith('ca.crt')) return { text: CA_PEM };
    if (path.endsWith('.key')) return { text: KEY_LINE };
    return path.endsWith('.password') ? { text: `${CANARY}\n` } : { problem: 'no such file' };
  },
  clientCa: true,
  unseal: (sealed, owner) => unseal(ring, sealed, owner),
};

/** Problems as an operator is told of them: at least one error, each at a place in the text, in reading order. */
export function checkProblems(problems: readonly Problem[], text: string): void {
  ok(
    problems.some(({ severity }) => severity === 'error'),
    'refused without an error',
  );
  checkMessages(problems, text);
}

/** Also good for warnings alone. */
export function checkMessages(problems: readonly Problem[], text: string): void {
  const lines = text.split(/\r\n|\n|\r/);
  let before = { line: 0, column: 0 };
  for (const problem of problems) {
    const { line, column, message } = problem;
    ok(line >= 1 && line <= lines.length + 1 && column >= 1, `no such place: ${line}:${column}`);
    ok(line > before.line || (line === before.line && column >= before.column), 'not in reading order');
    before = problem;
    checkMessage(message);
    ok(formatProblem(problem).startsWith(`f.yaml:${line}:${column}: `));
  }
}

export function checkMessage(message: string): void {
  ok(ONE_LINE.test(message), `not one printable line: ${JSON.stringify(message)}`);
  ok(message.length <= LONGEST_MESSAGE, `a message of ${message.length} characters`);
  ok(!message.includes(CANARY), 'a secret in a message');
}

/** Deeper than the YAML parser's recursion can go. */
export const YAML_SEEDS = [`${'- '.repeat(8000)}\n  x`, `${'a: '.repeat(8000)}}\n - x`].map((text) =>
  Buffer.from(text),
);
