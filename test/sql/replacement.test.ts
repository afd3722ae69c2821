import t from 'tap';
import { numberFrom, numberIn, withReplacements } from '../../src/sql/replacement.ts';

t.test('Numbers have ten digits and fit into an integer of PostgreSQL.', async (t) => {
  for (const random of [0, 1, 2 ** 30, 2 ** 32 - 1]) {
    const number = numberFrom(random);
    t.match(String(number), /^\d{10}$/);
    t.ok(number < 2 ** 31);
    t.equal(numberIn(`invalid connection limit: -${number}`), number);
  }
  t.equal(numberIn('invalid connection limit: -2'), undefined);
  t.equal(numberIn('1234567890'), undefined);
});

t.test('Parts of a text are replaced where they stand, and what overlaps once.', async (t) => {
  const text = Buffer.from('é; weak; x; weaker');
  const parts = [
    { kind: 'alter', start: 3, end: 8 },
    { kind: 'alter', start: 3, end: 8 },
    { kind: 'create', start: 12, end: 19 },
  ] as const;
  t.equal(
    withReplacements(text, parts, 1234567890).toString(),
    'é; ALTER ROLE CURRENT_USER CONNECTION LIMIT -1234567890; x; CREATE ROLE portcullis CONNECTION LIMIT -1234567890',
  );
  t.strictSame(withReplacements(text, [], 1), text);
});
