import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { formatKeyLine, parseKeyRing } from '../../src/config/key-ring.ts';
import { isSealed, seal, unseal } from '../../src/config/sealed.ts';

function ringOf(...ids: string[]) {
  const text = ids.map((id) => formatKeyLine(id, Buffer.alloc(32, id))).join('');
  const parsed = parseKeyRing(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.ring;
}

const ring = ringOf('k2', 'k1');

t.test('What was sealed is opened, also with a key that is no longer current.', async (t) => {
  const sealed = seal(ringOf('k1'), 'pässword', randomBytes);
  t.match(sealed, /^sealed:v1:k1:[\w-]{16}:[\w-]+$/);
  t.ok(isSealed(sealed));
  t.strictSame(unseal(ring, sealed), { text: 'pässword' });
});

t.test('Two sealings of one secret differ; the same nonce gives the same text.', async (t) => {
  t.not(seal(ring, 'a', randomBytes), seal(ring, 'a', randomBytes));
  const fixed = (length: number) => Buffer.alloc(length, 1);
  t.equal(seal(ring, 'a', fixed), seal(ring, 'a', fixed));
});

t.test('Any secret comes back as it was.', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (secret) => {
      const opened = unseal(ring, seal(ring, secret, randomBytes));
      return 'text' in opened && opened.text === secret;
    }),
  );
  t.pass('any secret');
});

t.test('A key that is not there, and a wrong one, are told.', async (t) => {
  t.strictSame(unseal(ringOf('k3'), seal(ring, 'a', randomBytes)), {
    problem: 'sealed with key k2, which the key file lacks: put it back, or set the secret again',
  });
  const renamed = seal(ring, 'a', randomBytes).replace(':k2:', ':k1:');
  t.strictSame(unseal(ring, renamed), {
    problem: 'does not open with key k1: one of the two was changed, set the secret again',
  });
});

t.test('A sealed text that was changed anywhere does not open.', async (t) => {
  const sealed = seal(ring, 'secret', randomBytes);
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.constantFrom('A', 'B', '_', '=', ':', ''), (place, letter) => {
      const changed = sealed.slice(0, place) + letter + sealed.slice(place + 1);
      return changed === sealed || 'problem' in unseal(ring, changed);
    }),
  );
  t.pass('every place');
});

t.test('Damage of the form is told without quoting the text.', async (t) => {
  for (const text of [
    '',
    'sealed:v1:',
    'sealed:v2:k1:x:y',
    `sealed:v1:k1:AAAAAAAAAAAAAAAA:${'A'.repeat(9000)}`,
  ]) {
    t.strictSame(unseal(ring, text), { problem: 'the sealed text is damaged: set the secret again' });
  }
});
