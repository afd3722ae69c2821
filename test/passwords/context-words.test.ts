import t from 'tap';
import { vocabularies } from '../../src/passwords/context-words.ts';

/** The words that come from the names. */
function words(context: Parameters<typeof vocabularies>[0]): readonly string[] {
  const [trade = [], all = []] = vocabularies(context);
  return all.slice(trade.length);
}

t.test('The trade has its own words, and is all there is where nothing else is known.', async (t) => {
  const [trade = [], ...more] = vocabularies({ user: undefined });
  t.ok(trade.includes('portcullis') && trade.includes('postgres'));
  t.strictSame(more, []);
  t.strictSame(vocabularies({ user: 'postgres', database: 'a' }), [trade], 'no word that is new');
});

t.test('A name counts whole and in parts, whatever its case and marks.', async (t) => {
  t.strictSame(words({ host: 'DB1.Shop-eu.example.com' }), [
    'db1.shop-eu.example.com',
    'db1',
    'shop',
    'example',
    'com',
  ]);
  t.strictSame(words({ user: 'Übér_Äpp2024' }), ['uber_app2024', 'uber', 'app2024', 'app', '2024']);
  t.strictSame(words({ branch: 'br-quiet-12345678' }), ['br-quiet-12345678', 'quiet', '12345678']);
  t.strictSame(words({ user: 'пользователь' }), ['пользователь']);
});

t.test(
  'Every part of the context counts, each word once, and none of fewer than three letters.',
  async (t) => {
    const context = { user: 'one1', database: 'two2', branch: 'tri3', host: 'four', project: 'ab-one1' };
    t.strictSame(words(context), ['one1', 'one', 'two2', 'two', 'tri3', 'tri', 'four', 'ab-one1']);
  },
);

t.test('Names are cut, however long and however many parts they have.', async (t) => {
  const all = words({
    user: 'x'.repeat(100_000),
    database: Array.from({ length: 500 }, (_, i) => `p${i}q`).join('.'),
  });
  t.ok(all.length <= 64, `${all.length}`);
  t.ok(all.every((word) => word.length <= 253));
});
