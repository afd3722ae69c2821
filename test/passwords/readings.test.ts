import fc from 'fast-check';
import t from 'tap';
import { readCharacters } from '../../src/passwords/characters.ts';
import { estimate } from '../../src/passwords/estimate.ts';
import { readings } from '../../src/passwords/readings.ts';

/** How each reading cuts a text. */
function cuts(text: string): string[] {
  return readings(text, []).map((tokens) =>
    tokens.map(({ first, last }) => text.slice(first, last + 1)).join('|'),
  );
}

t.test('Every reading covers the whole text.', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
      return readings(text, ['shop']).every((tokens) => {
        const ends = [-1, ...tokens.map(({ last }) => last)];
        return (
          tokens.every(({ first }, i) => first === (ends[i] ?? -1) + 1) && ends.at(-1) === text.length - 1
        );
      });
    }),
    { numRuns: 100 },
  );
  t.pass('without a gap');
});

t.test(
  'A word among digits and signs is found by a second look, one in a sentence by reading it as one.',
  async (t) => {
    t.ok(
      cuts('81!Horse#97').every((reading) => reading === '81!|Horse|#97'),
      'in what zxcvbn calls chance',
    );
    const [, , sentence] = cuts('to be or not to be');
    t.equal(sentence, 'to| |be| |or| |not| |to| |be');
    t.equal(cuts('to be, or not to be').length, 2, 'two separators in a row: no sentence');
    t.equal(cuts('word').length, 2, 'nor one word');
  },
);

t.test('The cheapest reading counts, and a token never more than chance.', async (t) => {
  const bits = (text: string): number => estimate(readCharacters(text, 64), [[]]).bits;
  t.ok(bits('81!Horse#97') < bits('81!Hqrxe#97') - 15);
  t.ok(bits('to be or not to be') < 60);
  t.equal(bits('жж'), 4, 'a repetition takes 50 guesses by zxcvbn');
  t.equal(bits(''), 0);
  const tokens = estimate(readCharacters('quuxzorb', 64), [[], ['quuxzorb']]).tokens;
  t.match(tokens, [{ kind: 'context' }], 'in whichever vocabulary it is cheaper');
});
