import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { formatKeyLine, parseKeyRing } from '../../src/config/key-ring.ts';
import { isSealed, seal, unseal } from '../../src/config/sealed.ts';
import { authQuerySecret, clusterSecret, roleSecret } from '../../src/config/secret-owner.ts';

function ringOf(...ids: string[]) {
  const text = ids.map((id) => formatKeyLine(id, Buffer.alloc(32, id))).join('');
  const parsed = parseKeyRing(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.ring;
}

const ring = ringOf('k2', 'k1');
const owner = roleSecret('shop', 'br-main', 'app');

function sealed(secret: string, keys = ring): string {
  return seal(keys, { secret, owner }, randomBytes);
}

t.test('What was sealed is opened, also with a key that is no longer current.', async (t) => {
  const text = sealed('pässword', ringOf('k1'));
  t.match(text, /^sealed:v1:k1:[\w-]{16}:[\w-]+$/);
  t.ok(isSealed(text));
  t.strictSame(unseal(ring, text, owner), { text: 'pässword' });
});

t.test('Two sealings of one secret differ; the same nonce gives the same text.', async (t) => {
  t.not(sealed('a'), sealed('a'));
  const fixed = (length: number) => Buffer.alloc(length, 1);
  t.equal(seal(ring, { secret: 'a', owner }, fixed), seal(ring, { secret: 'a', owner }, fixed));
});

t.test('Any secret comes back as it was.', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (secret) => {
      const opened = unseal(ring, sealed(secret), owner);
      return 'text' in opened && opened.text === secret;
    }),
  );
  t.pass('any secret');
});

t.test('A key that is not there, and a wrong one, are told.', async (t) => {
  t.strictSame(unseal(ringOf('k3'), sealed('a'), owner), {
    problem: 'sealed with key k2, which the key file lacks: put it back, or set the secret again',
  });
  t.strictSame(unseal(ring, sealed('a').replace(':k2:', ':k1:'), owner), {
    problem:
      'does not open with key k1: sealed for another record, or it or the key was changed: set it again',
  });
});

t.test('What was sealed for one owner opens for no other, however alike their names.', async (t) => {
  const name = fc.constantFrom('a', 'b', 'a/b', 'b/a', 'a b', '');
  const anyOwner = fc.oneof(
    fc
      .tuple(fc.constantFrom('p', 'p-q'), fc.constantFrom('br-a', 'br-b'), name)
      .map((all) => roleSecret(...all)),
    fc
      .tuple(fc.constantFrom('p', 'p-q'), fc.constantFrom('br-a', 'br-b'))
      .map((all) => authQuerySecret(...all)),
    fc.constantFrom('p', 'p-q').map(clusterSecret),
  );
  fc.assert(
    fc.property(anyOwner, anyOwner, (one, other) => {
      const opened = unseal(ring, seal(ring, { secret: 'x', owner: one }, randomBytes), other);
      return 'text' in opened === (one === other);
    }),
  );
  t.match(unseal(ring, sealed('x'), roleSecret('shop', 'br-main', 'admin')), { problem: /another record/ });
});

t.test('A sealed text that was changed anywhere does not open.', async (t) => {
  const text = sealed('secret');
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom('A', 'B', '_', '=', ':', ''), (place, letter) => {
      const changed = text.slice(0, place) + letter + text.slice(place + 1);
      return changed === text || 'problem' in unseal(ring, changed, owner);
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
    t.strictSame(unseal(ring, text, owner), { problem: 'the sealed text is damaged: set the secret again' });
  }
});
