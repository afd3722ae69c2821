import t from 'tap';
import { MIN_BITS } from '../../src/passwords/generate.ts';
import { rate } from '../../src/passwords/rate.ts';
import { BAD, GOOD } from './corpus.ts';

for (const [kind, passwords] of Object.entries(BAD)) {
  t.test(`Bad passwords are refused: ${kind}.`, async (t) => {
    for (const password of passwords) {
      const { verdict, bits, why, suggestion } = rate(password, {});
      t.equal(verdict, 'weak', `${password}: ${bits}`);
      t.ok(bits > 0 && bits < MIN_BITS, `${password}: ${bits}`);
      t.match(why, /^it is (built on|too short) ./);
      t.match(suggestion, /^add at least .* or take one from "portcullis password generate"$/);
    }
  });
}

for (const [kind, passwords] of Object.entries(GOOD)) {
  t.test(`Good passwords pass: ${kind}.`, async (t) => {
    for (const password of passwords) {
      const { verdict, bits, suggestion } = rate(password, { user: 'app', database: 'shop' });
      t.equal(verdict, 'strong', `${password}: ${bits}`);
      t.ok(bits >= MIN_BITS);
      t.equal(suggestion, undefined);
    }
  });
}

t.test('The corpus is large enough to mean something.', async (t) => {
  t.ok(Object.values(BAD).flat().length >= 60);
  t.ok(Object.values(GOOD).flat().length >= 30);
});
