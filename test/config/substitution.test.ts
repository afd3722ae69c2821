// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
import fc from 'fast-check';
import t from 'tap';
import { substitute, wholeVariable, withoutLastNewline } from '../../src/config/substitution.ts';

const env = { NAME: 'value', EMPTY: '', NESTED: '$' + '{NAME}' };

t.test('Variables take their places, once.', async (t) => {
  for (const [text, result] of [
    ['plain', 'plain'],
    ['${NAME}', 'value'],
    ['a ${NAME} b ${EMPTY} c', 'a value b  c'],
    ['$${NAME}', '${NAME}'],
    ['${NESTED}', '${NAME}'],
    ['SCRAM-SHA-256$4096:c2FsdA==$a:b', 'SCRAM-SHA-256$4096:c2FsdA==$a:b'],
    ['$', '$'],
    ['$NAME', '$NAME'],
  ] as const) {
    t.strictSame(substitute(text, env), { text: result }, text);
  }
});

t.test('A variable that is not set, or not one, is told.', async (t) => {
  const problem = (text: string) => substitute(text, env);
  t.strictSame(problem('${MISSING}'), {
    problem: 'environment variable MISSING is not set: set it, or write $${MISSING} for plain text',
  });
  const form = { problem: 'a variable is written ${NAME}: write $${ for the characters themselves' };
  for (const text of ['${}', '${a b}', '${1A}', '${NAME', '${NAME:-x}', '${'])
    t.strictSame(problem(text), form, text);
  t.match(problem('${constructor}'), { problem: /constructor is not set/ });
});

t.test('A whole variable is one and nothing else.', async (t) => {
  t.strictSame(wholeVariable('${NAME}', env), { text: 'value' });
  t.match(wholeVariable('${MISSING}', env), { problem: /MISSING is not set/ });
  t.equal(wholeVariable('x${NAME}', env), undefined);
  t.equal(wholeVariable('', env), undefined);
});

t.test("A file's last newline is not part of its value.", async (t) => {
  t.equal(withoutLastNewline('a\n'), 'a');
  t.equal(withoutLastNewline('a\r\n'), 'a');
  t.equal(withoutLastNewline('a\n\n'), 'a\n');
  t.equal(withoutLastNewline(' a '), ' a ');
});

t.test('Any text gives a text or a problem, and without ${ it stays.', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', 'N', 'AME', '1') }), (text) => {
      const result = substitute(text, env);
      return 'problem' in result || text.includes('${') || result.text === text;
    }),
  );
  t.pass('any text');
});
