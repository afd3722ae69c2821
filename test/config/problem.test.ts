import fc from 'fast-check';
import t from 'tap';
import {
  besideFaults,
  fileProblem,
  formatProblem,
  hasErrors,
  inReadingOrder,
  type Problem,
  quoted,
  variableProblem,
} from '../../src/config/problem.ts';

t.test('A problem is printed as compilers do; a warning says that it is one.', async (t) => {
  const problem = {
    file: 'a.yaml',
    line: 3,
    column: 7,
    message: 'wrong: mend it',
    severity: 'error',
  } as const;
  t.equal(formatProblem(problem), 'a.yaml:3:7: wrong: mend it');
  t.equal(formatProblem({ ...problem, severity: 'warning' }), 'a.yaml:3:7: warning: wrong: mend it');
});

t.test('A whole file is told at its beginning, a variable without a line.', async (t) => {
  t.equal(formatProblem(fileProblem('a.yaml', 'no such file')), 'a.yaml:1:1: no such file');
  t.equal(formatProblem(variableProblem('PORTCULLIS_LISTEN', 'is blank')), 'PORTCULLIS_LISTEN: is blank');
  t.equal(formatProblem(variableProblem('X', 'is idle', 'warning')), 'X: warning: is idle');
});

t.test('Warnings alone are no errors.', async (t) => {
  t.equal(hasErrors([fileProblem('a', 'b', 'warning')]), false);
  t.equal(hasErrors([fileProblem('a', 'b', 'warning'), fileProblem('a', 'b')]), true);
});

t.test('Problems come in reading order, those of one place as they were found.', async (t) => {
  const at = (line: number, column: number, message: string) =>
    ({ file: 'a', line, column, message, severity: 'error' }) as const;
  const mixed = [at(2, 1, 'c'), at(1, 9, 'b'), at(2, 1, 'd'), at(1, 2, 'a')];
  t.strictSame(
    inReadingOrder(mixed).map(({ message }) => message),
    ['a', 'b', 'c', 'd'],
  );
});

t.test('A quoted text is one line of harmless characters, and short.', async (t) => {
  t.equal(quoted('a"b\n\u001b[31m\u009b\u202e'), '"a\\"b\\n\\u001b[31m\\u009b\\u202e"');
  t.equal(quoted('x'.repeat(100)), `"${'x'.repeat(80)}…"`);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(quoted(text))),
  );
  t.pass('any text');
});

t.test('A message spells out what a terminal would obey or hide, wherever it comes from.', async (t) => {
  const message = 'upstream.\u0007\u061c\u2066\u{e0041} must not be';
  t.equal(fileProblem('a', message).message, 'upstream.\\u0007\\u061c\\u2066\\udb40\\udc41 must not be');
  t.equal(variableProblem('A', message).message, fileProblem('a', message).message);
});

t.test(
  'What stands on the line of a fault is its echo; what stands elsewhere is told beside it.',
  async (t) => {
    const at = (line: number, message: string): Problem => ({ ...fileProblem('f', message), line });
    const [fault, echo, other] = [at(3, 'fault'), at(3, 'echo'), at(4, 'other')];
    t.strictSame(besideFaults([fault], [echo, other]), [fault, other]);
    t.strictSame(besideFaults([], [echo]), [echo]);
  },
);
