import fc from 'fast-check';
import t from 'tap';
import { parse } from 'yaml';
import { asJson, asYaml } from '../../src/cli/output.ts';

/** C0 but the end of a line, DEL and C1, marks of direction and of no width, Unicode's own line ends. */
const MOVES_A_TERMINAL = /(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/u;

const ODD = {
  csi: 'x\u009b31mred',
  '\u0085key': 'tab\tline\nend',
  rtl: 'a\u202eb',
  tag: '\u{e0001}',
  del: '\u007f',
  long: `${'word '.repeat(40)}\u009b`,
  plain: 'Ünïcode 密码 😀',
};

t.test('A control character of C1 is spelled out in JSON, and so is what turns a line.', async (t) => {
  t.match(asJson(ODD), '"csi": "x\\u009b31mred"');
  t.match(asJson(ODD), '"\\u0085key"');
  t.match(asJson(ODD), '"plain": "Ünïcode 密码 😀"');
  t.match(asYaml(ODD), 'csi: "x\\u009b31mred"');
  t.match(asYaml(ODD), 'tag: "\\U000e0001"');
  t.match(asYaml(ODD), 'plain: Ünïcode 密码 😀');
});

t.test('JSON and YAML hold what they were given, and nothing that a terminal would follow.', async (t) => {
  const odd = fc.constantFrom(
    '\u009b',
    '\u0080',
    '\u202e',
    '\u2028',
    '\0',
    '\u001b',
    '\n',
    '\t',
    '"',
    '\\',
    "'",
    ': ',
    ' #',
    '😀',
    '\ufeff',
  );
  const text = fc
    .array(fc.oneof(odd, fc.string({ unit: 'binary' })), { maxLength: 8 })
    .map((parts) => parts.join(''));
  const value = fc.dictionary(
    text.filter((key) => key !== '__proto__'),
    fc.oneof(text, fc.array(text), fc.integer()),
  );
  fc.assert(
    fc.property(fc.oneof(value, fc.constant(ODD)), (written) => {
      // Through JSON: lone surrogates and objects without a prototype are not what is looked at here.
      const wanted: unknown = JSON.parse(JSON.stringify(written));
      const [json, yaml] = [asJson(wanted), asYaml(wanted)];
      if (MOVES_A_TERMINAL.test(json) || MOVES_A_TERMINAL.test(yaml))
        throw new Error('something is left raw');
      t.strictSame(JSON.parse(json), wanted);
      t.strictSame(parse(yaml), wanted);
    }),
    { numRuns: 200 },
  );
});
