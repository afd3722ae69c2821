import fc from 'fast-check';
import t from 'tap';
import { editDistance, nearest, unknownWord } from '../../src/config/suggestion.ts';

t.test('A slip, another case and another dash find the word that was meant.', async (t) => {
  const known = ['certificates', 'min_version', 'client_ca'];
  for (const [word, meant] of [
    ['certficates', 'certificates'],
    ['ceritficates', 'certificates'],
    ['certificate', 'certificates'],
    ['minVersion', 'min_version'],
    ['min-version', 'min_version'],
    ['CLIENT_CA', 'client_ca'],
    ['passwords', undefined],
    ['', undefined],
    ['x'.repeat(65), undefined],
  ] as const) {
    t.equal(nearest(word, known), meant, word);
  }
});

t.test('An unknown word comes with the likely one, or with those there are.', async (t) => {
  t.equal(
    unknownWord('key', 'certficates', ['certificates']),
    'unknown key "certficates", did you mean "certificates"?',
  );
  t.equal(unknownWord('key', 'x', ['listen', 'tls']), 'unknown key "x": remove it; known here: listen, tls');
});

t.test('Edit distance counts letters put in, taken out, changed, and neighbours swapped.', async (t) => {
  t.equal(editDistance('', 'abc'), 3);
  t.equal(editDistance('abc', 'abc'), 0);
  t.equal(editDistance('abc', 'acb'), 1);
  t.equal(editDistance('kitten', 'sitting'), 3);
});

t.test('Edit distance is the same both ways and never more than the longer word.', async (t) => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      return (
        distance === editDistance(b, a) &&
        distance <= Math.max(a.length, b.length) &&
        (distance === 0) === (a === b)
      );
    }),
  );
  t.pass('any words');
});
