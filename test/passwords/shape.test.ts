import t from 'tap';
import { MAX_LENGTH, MIN_LENGTH, misshapen } from '../../src/passwords/shape.ts';
import { preparePassword } from '../../src/scram/saslprep.ts';

function why(password: string): string | undefined {
  return misshapen(password, () => preparePassword(password))?.why;
}

t.test('A password has 12 to 128 characters; one of two UTF-16 units is one.', async (t) => {
  for (const character of ['a', 'é', '密', '😀']) {
    t.equal(why(character.repeat(MIN_LENGTH - 1)), 'it is shorter than 12 characters', character);
    t.equal(why(character.repeat(MIN_LENGTH)), undefined, character);
    t.equal(why(character.repeat(MAX_LENGTH)), undefined, character);
    t.equal(why(character.repeat(MAX_LENGTH + 1)), 'it is longer than 128 characters', character);
  }
  t.equal(why(''), 'it is shorter than 12 characters');
});

t.test('It has as many before SASLprep and after it.', async (t) => {
  t.equal(
    why('a\u00ad'.repeat(11)),
    'it is shorter than 12 characters',
    '11 with soft hyphens, which count nothing',
  );
  t.equal(why('ﷺ'.repeat(2)), 'it is shorter than 12 characters', 'two ligatures of 18 letters');
  t.equal(why(`${'ﷺ'.repeat(12)}`), 'it is longer than 128 characters', 'twelve of them');
});

t.test('Control characters, NUL before all, and text that UTF-8 cannot say are refused.', async (t) => {
  for (const character of ['\0', '\t', '\n', '\r', '\u001b', '\u007f', '\u0085']) {
    t.equal(why(`g6s7MQgx5A${character}pdPqfJ`), 'it holds a control character');
    t.equal(why(`g6s7MQgx5ApdPqfJ${character}`), 'it holds a control character');
  }
  t.equal(why('g6s7MQgx5A\ud800pdPqfJ'), 'it is not valid Unicode');
});

t.test('A text of any length is refused at once, and never prepared.', async (t) => {
  const rating = misshapen('a\u00ad'.repeat(10_000_000), () => {
    throw new Error('prepared');
  });
  t.match(rating, { bits: 0, verdict: 'weak', why: 'it is longer than 128 characters' });
  t.match(rating?.suggestion, 'keep to 128 characters');
});
