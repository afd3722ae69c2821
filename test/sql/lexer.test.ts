import fc from 'fast-check';
import { loadModule, scanSync } from 'libpg-query';
import t from 'tap';
import { type Token, tokensOf } from '../../src/sql/lexer.ts';

await loadModule();

function tokens(text: string, conforming = true): string[] {
  return [...tokensOf(text, conforming)].map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);
}

t.test('Literals, names, dollar quotes and comments are each one piece.', async (t) => {
  t.strictSame(
    tokens("a1$ 'it''s' E'\\'' \"q\"\"\" $x$'$x$ /* a /* ' */ */ U&'\\' u&\"'\" b'1'X'f' -- '\n $1'x'"),
    [
      'word a1$',
      "plain 'it''s'",
      "other E'\\''",
      'other "q"""',
      "other $x$'$x$",
      "other U&'\\'",
      'other u&"\'"',
      "other b'1'",
      "other X'f'",
      'other $',
      'other 1',
      "plain 'x'",
    ],
  );
  t.strictSame(tokens("'a'\n -- b\n 'c'"), ["plain 'a'\n -- b\n 'c'"]);
  t.strictSame(tokens("'a' 'c'"), ["plain 'a'", "plain 'c'"]);
  t.strictSame(tokens("N'a'"), ['word N', "plain 'a'"]);
});

t.test(
  'A backslash ends nothing where strings conform to the standard, and escapes where they do not.',
  async (t) => {
    t.strictSame(tokens("'a\\' x"), ["plain 'a\\'", 'word x']);
    t.strictSame(tokens("'a\\' x", false), ["plain 'a\\' x"]);
    t.strictSame(tokens("'a'\n'\\'' x", false), ["plain 'a'\n'\\''", 'word x']);
    t.strictSame(tokens("'a\\", false), ["plain 'a\\"]);
  },
);

t.test('What is not terminated goes on to the end.', async (t) => {
  for (const open of ["'a", "E'a\\'", '"a', '$a$ $b$', "'a''"]) t.equal(tokens(`x ${open}`).length, 2, open);
  t.strictSame(tokens('x /* a /* b */'), ['word x']);
});

/** libpg-query's, in the same words; undefined where it finds an error. */
function reference(text: string): string[] | undefined {
  try {
    return scanSync(text)
      .tokens.filter(({ tokenName }) => !['SQL_COMMENT', 'C_COMMENT'].includes(tokenName))
      .map(({ start, end }) => Buffer.from(text).toString('latin1', start, end));
  } catch {
    return undefined;
  }
}

// Between two parts of a literal libpg-query, unlike PostgreSQL, takes no comment: so none is behind a quote here.
t.test('It cuts as PostgreSQL does.', async (t) => {
  const pieces = fc.constantFrom(
    "'",
    "''",
    "E'",
    "b'",
    "U&'",
    'U&"',
    '"',
    '\\',
    '$$',
    '$a$',
    '$',
    '/*',
    '*/',
    '+--\n',
    '\n',
    ' ',
    'e',
    'abc',
    '1',
    'é',
    '+',
    ';',
    'n',
    'x',
  );
  let compared = 0;
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
      const text = parts.join('');
      const expected = reference(text);
      if (expected === undefined) return true;
      compared += 1;
      const latin1 = Buffer.from(text).toString('latin1');
      const ours = [...tokensOf(latin1, true)].map(({ start, end }: Token) => latin1.slice(start, end));
      // Operators and numbers are cut finer here: what counts is where literals and names begin and end.
      const glued = (all: readonly string[]): string => all.join('').replaceAll(/\s+/g, '');
      const quoted = (all: readonly string[]): string[] => all.filter((each) => /['"]|^\$.*\$$/s.test(each));
      return glued(ours) === glued(expected) && quoted(ours).join('\0') === quoted(expected).join('\0');
    }),
    { numRuns: 20_000 },
  );
  t.ok(compared > 1000, `${compared} compared`);
});
