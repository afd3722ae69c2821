import t from 'tap';
import { rankShortWords } from '../../src/passwords/short-words.ts';
import { findTokens, findTokensOfPart } from '../../src/passwords/tokens.ts';

function kinds(text: string, words: readonly string[] = []): string[] {
  return findTokens(text, words).map(({ kind, first, last }) => `${kind} ${text.slice(first, last + 1)}`);
}

t.test('What zxcvbn sees in a text has a name here.', async (t) => {
  t.strictSame(kinds('Password123'), ['password Password123']);
  t.strictSame(kinds('battery'), ['word battery']);
  t.strictSame(kinds('szymanski'), ['name szymanski']);
  t.strictSame(kinds('quuxzorb', ['quuxzorb']), ['context quuxzorb']);
  t.strictSame(kinds('BROZxuuq', ['quuxzorb']), ['context BROZxuuq'], 'backwards');
  t.strictSame(kinds('qu0xz0r8', ['quoxzorb']), ['context qu0xz0r8'], 'with digits for letters');
  t.strictSame(kinds('rtyhgfvbn'), ['keyboard rtyhgfvbn']);
  t.strictSame(kinds('kqkqkqkq'), ['repetition kqkqkqkq']);
  t.strictSame(kinds('efghijkl'), ['sequence efghijkl']);
  t.strictSame(kinds('17.8.1973'), ['date 17.8.1973']);
  t.strictSame(kinds('x7Kq'), ['chance x7Kq']);
});

t.test('Tokens cover a text without a gap, and each takes a guess.', async (t) => {
  for (const text of [
    'postgres-Prod-2025!',
    'constructor',
    '__proto__x',
    'c()nstruct()r-c()nstruct()r',
    '',
    '\u{1}a',
  ]) {
    let next = 0;
    for (const { first, last, guesses } of findTokens(text, ['__proto__', 'constructor', 'shop'])) {
      t.equal(first, next, text);
      t.ok(guesses >= 1 && Number.isFinite(guesses), text);
      next = last + 1;
    }
    t.equal(next, text.length, text);
  }
});

t.test('A short word is a word where it stands by itself; zxcvbn takes it for chance.', async (t) => {
  t.match(findTokens('cat', []), [{ kind: 'chance' }]);
  const [cat] = findTokensOfPart('cat', []);
  t.match(cat, { first: 0, last: 2, kind: 'word' });
  t.ok((cat?.guesses ?? 0) > 1000);
  const guesses = (part: string): number => findTokensOfPart(part, [])[0]?.guesses ?? 0;
  t.equal(guesses('Cat'), guesses('cat') * 2);
  t.equal(guesses('CAT'), guesses('cat') * 2);
  t.equal(guesses('cAT'), guesses('cat') * 8);
  t.match(findTokensOfPart('xqk', []), [{ kind: 'chance' }]);
});

t.test('A part is never as cheap as a whole password.', async (t) => {
  t.match(findTokens('the', []), [{ guesses: 1 }]);
  t.match(findTokensOfPart('the', []), [{ guesses: 50 }]);
});

t.test('A short word has its best rank; longer ones are left to zxcvbn.', async (t) => {
  const ranks = rankShortWords([
    ['longest', 'five5', 'a'],
    ['a', 'five5'],
  ]);
  t.strictSame(
    [...ranks],
    [
      ['five5', 2],
      ['a', 1],
    ],
  );
});
