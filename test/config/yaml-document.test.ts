// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
import fc from 'fast-check';
import t from 'tap';
import { YamlDocument } from '../../src/config/yaml-document.ts';
import type { TextChange } from '../../src/config/yaml-values.ts';
import { print } from './a-config.ts';

const MAX_BYTES = 100_000;

function problems(text: string, changeText?: TextChange): string[] {
  const read = YamlDocument.read(text, {
    file: 'f.yaml',
    maxBytes: MAX_BYTES,
    ...(changeText !== undefined && { changeText }),
  });
  return 'problems' in read ? print(read.problems) : [];
}

function document(text: string): YamlDocument {
  const read = YamlDocument.read(text, { file: 'f.yaml', maxBytes: MAX_BYTES });
  if ('problems' in read) throw new Error(print(read.problems).join('\n'));
  return read.document;
}

t.test('A text becomes plain values by the core schema of YAML 1.2.', async (t) => {
  const text = `
text: plain
quoted: "5432"
number: 5432
octal: 0o17
truth: true
not_truth: [yes, off, on, no]
nothing:
date: 2026-11-01
"5": five
merge: { "<<": { a: 1 } }
addresses: [::1, ::/0, "2001:db8::/32"]
`;
  t.strictSame(document(text).value, {
    text: 'plain',
    quoted: '5432',
    number: 5432,
    octal: 15,
    truth: true,
    not_truth: ['yes', 'off', 'on', 'no'],
    nothing: null,
    date: '2026-11-01',
    5: 'five',
    merge: { '<<': { a: 1 } },
    addresses: ['::1', '::/0', '2001:db8::/32'],
  });
});

t.test(
  'Every value and key knows its line and column, behind Windows line ends and a BOM, too.',
  async (t) => {
    const places = document('a: 1\r\nb:\r\n  - x: 2\r\n  - { y: [3, 44] }\r\n');
    const at = (...path: (string | number)[]) => print([places.at(path, '')])[0];
    const atKey = (...path: (string | number)[]) => print([places.atKey(path, '')])[0];
    t.equal(at('a'), 'f.yaml:1:4: ');
    t.equal(atKey('a'), 'f.yaml:1:1: ');
    t.equal(at('b', 0, 'x'), 'f.yaml:3:8: ');
    t.equal(atKey('b', 0, 'x'), 'f.yaml:3:5: ');
    t.equal(at('b', 1, 'y', 1), 'f.yaml:4:14: ');
    t.equal(atKey('b', 1, 'y'), 'f.yaml:4:7: ');
    t.equal(at('b', 1, 'y', 7), 'f.yaml:4:10: ', 'the last place on the way to what is not there');
    t.equal(at(), 'f.yaml:1:1: ');
    t.equal(print([document('\ufeffa: 1').at([], '', 'warning')])[0], 'f.yaml:1:2: warning: ');
    t.same(places.get(['b', 1, 'y', 1]), 44);
    t.equal(places.get(['b', 1, 'z', 1]), undefined);
    t.equal(places.get(['constructor']), undefined);
  },
);

t.test('Aliases repeat a value, and a problem within is told where the value is written.', async (t) => {
  const places = document('a: &x { b: 1 }\nc: *x\n&k d: *k\n');
  t.strictSame(places.value, { a: { b: 1 }, c: { b: 1 }, d: 'd' });
  t.equal(print([places.at(['c'], '')])[0], 'f.yaml:2:4: ');
  t.equal(print([places.at(['c', 'b'], '')])[0], 'f.yaml:1:12: ');
});

t.test('An anchor may be used anew; an alias means the last one before it.', async (t) => {
  t.strictSame(document('a: &x 1\nb: *x\nc: &x 2\nd: *x\n').value, { a: 1, b: 1, c: 2, d: 2 });
});

for (const [text, ...expected] of [
  ['a: 1\nb: 2\na: 3', 'f.yaml:3:1: key "a" stands here twice'],
  ['{1: x, "1": y}', 'f.yaml:1:8: key "1" stands here twice'],
  ['a: !foo x', 'f.yaml:1:4: tags (!name) are not used here: remove it'],
  ['a: !!binary aGk=', 'f.yaml:1:4: tags (!name) are not used here: remove it'],
  ['a: !!js/function "f"', 'f.yaml:1:4: tags (!name) are not used here: remove it'],
  ['%YAML 1.1\n---\na: yes', 'f.yaml:1:1: YAML 1.2 is read here: remove the %YAML line'],
  ['%YAML 1.3\n---\na: yes', 'f.yaml:1:7: a % directive is not understood: remove the line'],
  ['a: 1\n---\nb: 2', 'f.yaml:2:1: a second document begins here: keep one in a file'],
  ['? [a]\n: b', 'f.yaml:1:3: a key must be plain text'],
  ['__proto__: 1', 'f.yaml:1:1: unknown key "__proto__": remove it'],
  [
    'a: "\\q"',
    'f.yaml:1:5: unknown escape in double quotes: write \\\\ for a backslash, or use single quotes',
  ],
  ['a:\n\t- b', 'f.yaml:2:1: a tab indents this line: use spaces'],
  ['a: {b: c', 'f.yaml:1:9: wrong indentation, or a bracket or brace that is not closed'],
  ['a: b: c', 'f.yaml:1:4: two keys on one line: put a value that has ": " in it in quotes'],
  ['a: @x', 'f.yaml:1:4: a value begins with a reserved character: put it in quotes'],
  ['a: "x\nb: c', 'f.yaml:2:5: a quote, comma, colon or space is missing'],
  [
    'a: [x]]\nb: [y]]',
    'f.yaml:1:7: unexpected text: check the indentation, quotes and brackets above',
    'f.yaml:2:1: unexpected text: check the indentation, quotes and brackets above',
  ],
  ['a: &x &y z', 'f.yaml:1:7: a value has two anchors: remove one'],
  ['a: *x', 'f.yaml:1:4: an alias (*name) stands before its anchor (&name)'],
  ['a: &x [*x]', 'f.yaml:1:8: an alias stands within what it repeats'],
  ['a: &x { b: { c: *x } }', 'f.yaml:1:17: an alias stands within what it repeats'],
  ['{a: ${NAME}}', 'f.yaml:1:6: unexpected text: write "${NAME}" in quotes within brackets or braces'],
  [`${'x'.repeat(1100)}: 1`, 'f.yaml:1:1: a key is longer than 1024 characters: is its colon missing?'],
  ['['.repeat(70) + ']'.repeat(70), 'f.yaml:1:66: nested too deeply'],
  ['x'.repeat(MAX_BYTES + 1), `f.yaml:1:1: is larger than ${MAX_BYTES} bytes: split it or shorten it`],
  ['ä'.repeat(MAX_BYTES / 2 + 1), `f.yaml:1:1: is larger than ${MAX_BYTES} bytes: split it or shorten it`],
] as const) {
  t.test(`${JSON.stringify(text.slice(0, 40))} is told with its place.`, async (t) => {
    t.strictSame(problems(text), expected);
  });
}

t.test('Several slips are told at once.', async (t) => {
  t.strictSame(problems('a: 1\na: 2\nb: *c\n__proto__: 1\n'), [
    'f.yaml:2:1: key "a" stands here twice',
    'f.yaml:3:4: an alias (*name) stands before its anchor (&name)',
    'f.yaml:4:1: unknown key "__proto__": remove it',
  ]);
});

t.test('No more syntax errors are told than help.', async (t) => {
  t.equal(problems('a: [x]]\n'.repeat(1000)).length, 10);
});

t.test('A text that multiplies by aliases is refused at once.', async (t) => {
  const line = (level: number) =>
    `k${level}: &k${level} [${Array(9)
      .fill(`*k${level - 1}`)
      .join(', ')}]`;
  const bomb = ['k0: &k0 [x]', ...Array.from({ length: 30 }, (_, level) => line(level + 1))].join('\n');
  const told = problems(bomb);
  t.equal(told.length, 1);
  t.match(told[0], /^f\.yaml:\d+:\d+: aliases repeat more than 100000 values: write them out$/);
});

t.test('Nesting that would use up the stack is told, whatever it is made of.', async (t) => {
  for (const opening of ['[', '{a: ', '- ', '? ', '{? ']) {
    t.match(problems(opening.repeat(20_000)).at(0), /^f\.yaml:1:\d+: nested too deeply$/, opening);
  }
});

t.test('Nesting that uses up the stack of the parser itself is told, too.', async (t) => {
  for (const text of [`${'- '.repeat(20_000)}\n  x`, `${'a: '.repeat(20_000)}}\n - x`]) {
    t.strictSame(problems(text), ['f.yaml:1:1: is nested too deeply']);
  }
});

t.test('A parser’s message never quotes the text.', async (t) => {
  for (const text of [
    'a: [x]hunter2',
    'a: "hunter2\\q"',
    'a: {b}hunter2}',
    '- a\nhunter2',
    'a: &hunter2 *hunter2',
    'hunter2: *',
  ]) {
    t.notMatch(problems(text).join('\n'), /hunter2/, text);
  }
});

t.test('A change of texts reaches every value and no key.', async (t) => {
  const change: TextChange = (text) => (text === 'bad' ? { problem: 'is bad' } : { value: `<${text}>` });
  const read = YamlDocument.read('a: x\nb: [y, 5]\n', { file: 'f', maxBytes: 100, changeText: change });
  t.match(read, { document: { value: { a: '<x>', b: ['<y>', 5] } } });
  t.strictSame(problems('a: bad\nb:\n - "bad"', change), ['f.yaml:1:4: is bad', 'f.yaml:3:4: is bad']);
});

t.test('Garbage never throws, and every problem has a place in the text.', async (t) => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '[',
    ']',
    '{',
    '}',
    '&a ',
    '*a',
    '!',
    '"',
    "'",
    '|',
    '>',
    '#',
    '?',
    ',',
    '%',
    '---',
    '\t',
    '\0',
    '\ufeff',
    '\ud800',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      const read = YamlDocument.read(text, { file: 'f', maxBytes: MAX_BYTES });
      const lines = text.split('\n').length;
      return (
        'document' in read ||
        read.problems.every(({ line, column }) => line >= 1 && line <= lines && column >= 1)
      );
    }),
    { numRuns: 500 },
  );
  t.pass('any pieces of YAML');
});
