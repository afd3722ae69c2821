import t from 'tap';
import { foldMarks, readCharacters } from '../../src/passwords/characters.ts';

function bits(password: string): number[] {
  return readCharacters(password, 64).bits.map((each) => Math.round(each * 100) / 100);
}

t.test('The classes of ASCII that occur make the pool of each character.', async (t) => {
  t.strictSame(bits('ab'), [4.7, 4.7], 'of 26');
  t.strictSame(bits('aB'), [5.7, 5.7], 'of 52');
  t.strictSame(bits('aB1'), [5.95, 5.95, 5.95], 'of 62');
  t.strictSame(bits('aB1 '), [6.57, 6.57, 6.57, 6.57], 'of 95');
  for (const sign of '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ ') t.strictSame(bits(`a${sign}`)[0], 5.88, sign);
});

t.test('Without a letter digits and signs count by themselves.', async (t) => {
  t.strictSame(bits('1.2'), [3.32, 5.04, 3.32]);
});

t.test('Outside ASCII a letter counts as one in a word, what nobody sees nothing.', async (t) => {
  t.strictSame(bits('密パ비жש٣€😀'), [5, 3, 4, 2, 2, 2, 5, 5]);
  t.strictSame(bits('\u200b\ufeff\ue000\u2028\u0903\u{10ffff}'), [0, 0, 0, 0, 0, 0]);
  t.strictSame(bits('aж'), [4.7, 2], 'the pool is of ASCII alone');
});

t.test('Marks, width and ligatures are taken off.', async (t) => {
  t.equal(foldMarks('pässwörd Ｐａｓｓ ﬁ e\u0301 비'), 'password Pass fi e 비');
  t.equal(readCharacters('Ｐä', 64).text, 'Pa');
});

t.test('A character is one unit, and neighbours stay neighbours.', async (t) => {
  const { text, bits } = readCharacters('😀😁a😂', 64);
  t.equal(text.length, 4);
  t.equal(bits.length, 4);
  t.equal(text.charCodeAt(1) - text.charCodeAt(0), 1);
  t.equal(text.charAt(2), 'a');
  t.match(text, /^\p{Co}\p{Co}a\p{Co}$/u);
});

t.test('What is behind the most to look at does not count.', async (t) => {
  const { text, bits } = readCharacters('aaaa1', 4);
  t.equal(text, 'aaaa');
  t.strictSame(
    bits,
    Array.from({ length: 4 }, () => Math.log2(26)),
  );
  t.strictSame(readCharacters('', 4), { text: '', bits: [] });
});
