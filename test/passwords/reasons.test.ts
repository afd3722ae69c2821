import t from 'tap';
import { mendFor, whyWeak } from '../../src/passwords/reasons.ts';
import type { Kind, Token } from '../../src/passwords/tokens.ts';

function tokens(...parts: readonly (readonly [Kind, number])[]): Token[] {
  let first = 0;
  return parts.map(([kind, length]) => {
    const token = { kind, first, last: first + length - 1, guesses: 1 };
    first += length;
    return token;
  });
}

t.test('A reason names what the password is built on, the greater part first.', async (t) => {
  t.equal(whyWeak(tokens(['password', 9], ['chance', 1])), 'it is built on a common password');
  t.equal(
    whyWeak(tokens(['word', 4], ['separator', 1], ['date', 4], ['separator', 1], ['word', 5])),
    'it is built on a word and a date or a year',
  );
  t.equal(
    whyWeak(tokens(['sequence', 3], ['keyboard', 5], ['context', 4], ['repetition', 2], ['name', 1])),
    'it is built on neighbours on the keyboard, a name that goes with the database, a sequence, a repetition and a name',
  );
  t.equal(whyWeak(tokens(['chance', 9])), 'it is too short for the kinds of characters in it');
  t.equal(whyWeak([]), 'it is too short for the kinds of characters in it');
});

t.test('The mend says how much chance is missing.', async (t) => {
  t.match(
    mendFor(0.1),
    /^add at least one random letter or digit, or take one from "portcullis password generate"$/,
  );
  t.match(mendFor(43), /^add at least 8 random letters and digits, or /);
});
