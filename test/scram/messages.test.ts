import fc from 'fast-check';
import t from 'tap';
import {
  areExtensions,
  attributeValue,
  bindingInput,
  decodeMessage,
  formatNonce,
  GS2_BINDING_NOT_OFFERED,
  GS2_END_POINT,
  GS2_NO_BINDING,
  isNonce,
  MAX_MESSAGE_LENGTH,
  NONCE_LENGTH,
} from '../../src/scram/messages.ts';

t.test('A message is 1 to 1,024 bytes of UTF-8 without NUL.', async (t) => {
  t.equal(decodeMessage(Buffer.from('n,,n=j\u00fcrgen,r=x')), 'n,,n=j\u00fcrgen,r=x');
  t.equal(decodeMessage(Buffer.alloc(MAX_MESSAGE_LENGTH, 'a')), 'a'.repeat(MAX_MESSAGE_LENGTH));
  t.equal(decodeMessage(Buffer.from('\ufeffn,,')), '\ufeffn,,', 'a byte order mark is kept');
  t.equal(decodeMessage(Buffer.alloc(0)), undefined, 'empty');
  t.equal(decodeMessage(Buffer.alloc(MAX_MESSAGE_LENGTH + 1, 'a')), undefined, 'too long');
  t.equal(decodeMessage(Buffer.from('n,,\0')), undefined, 'NUL');
  for (const bytes of ['ff', '6eff', 'c0af', 'e282', 'eda080', 'f4908080']) {
    t.equal(decodeMessage(Buffer.from(bytes, 'hex')), undefined, `broken UTF-8 ${bytes}`);
  }
});

t.test('Signatures cover the very bytes that were decoded.', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = decodeMessage(Buffer.from(bytes));
      return text === undefined || Buffer.from(text).equals(bytes);
    }),
  );
  t.equal(decodeMessage(Buffer.from('ok')), 'ok');
});

t.test('An attribute is known by its letter.', async (t) => {
  t.equal(attributeValue('r=abc=', 'r'), 'abc=');
  t.equal(attributeValue('r=', 'r'), '');
  for (const other of ['s=abc', 'r', '', ' r=abc', 'R=abc', undefined])
    t.equal(attributeValue(other, 'r'), undefined);
});

t.test('Only well-formed attributes without a meaning may be passed over.', async (t) => {
  t.ok(areExtensions([]));
  t.ok(areExtensions(['x=1', 'Z==', 'b=\u00e4']));
  for (const known of ['a', 'c', 'e', 'i', 'm', 'n', 'p', 'r', 's', 'v'])
    t.notOk(areExtensions([`${known}=1`]), known);
  for (const broken of ['', 'x', 'x=', '=1', '1=1', 'xx=1', '\u00e4=1'])
    t.notOk(areExtensions([broken]), broken);
  t.notOk(areExtensions(['x=1', 'm=1']), 'behind a harmless one');
});

t.test('A nonce is printable ASCII without a comma.', async (t) => {
  t.ok(isNonce('!+-~='));
  for (const bad of ['', 'a,b', 'a b', 'a\tb', 'a\n', '\u00e4', 'a\x7f', '\0'])
    t.notOk(isNonce(bad), JSON.stringify(bad));
});

t.test('Our nonces keep every random byte and are fit to be sent.', async (t) => {
  const random = Buffer.from(Array.from({ length: NONCE_LENGTH }, (_, index) => index * 13));
  const nonce = formatNonce(random);
  t.same(Buffer.from(nonce, 'base64'), random);
  t.ok(isNonce(nonce));
  t.throws(() => formatNonce(Buffer.alloc(NONCE_LENGTH - 1)), RangeError);
});

t.test('What client-final repeats is the header, and the binding after it.', async (t) => {
  t.equal(bindingInput(GS2_NO_BINDING), 'biws');
  t.equal(bindingInput(GS2_BINDING_NOT_OFFERED), 'eSws');
  const bound = Buffer.from(bindingInput(GS2_END_POINT, Buffer.from('hash')), 'base64').toString();
  t.equal(bound, 'p=tls-server-end-point,,hash');
});
