import { generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { canonical } from '../../src/audit/canonical.ts';
import {
  type CheckpointClaim,
  checkpointHash,
  keyId,
  readCheckpoint,
  signCheckpoint,
} from '../../src/audit/checkpoint.ts';
import { NOON } from '../support/audit-events.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const CLAIM: CheckpointClaim = {
  chain: '5a0c9d5e-1111-4222-8333-444455556666',
  segment: '0000000000000001',
  sequence: 7,
  fingerprint: 'ab'.repeat(32),
  time: NOON,
  previous: null,
  closes: false,
};
const LINE = signCheckpoint(CLAIM, privateKey);

t.test('What was signed is read again, with the id of its key.', async (t) => {
  t.strictSame(readCheckpoint(LINE, publicKey), { ...CLAIM, key: keyId(publicKey) });
  const next = { ...CLAIM, previous: checkpointHash(LINE), closes: true };
  t.match(readCheckpoint(signCheckpoint(next, privateKey), publicKey), next);
  t.equal(keyId(privateKey), keyId(publicKey));
});

t.test('A stranger can check it with nothing but the page of the manual.', async (t) => {
  const { signature, ...rest } = JSON.parse(LINE);
  const bytes = Buffer.from(`portcullis-audit-checkpoint-v1\n${canonical(rest)}`);
  t.ok(verify(null, bytes, publicKey, Buffer.from(signature, 'base64')));
  t.equal(canonical(JSON.parse(LINE)), LINE);
});

t.test('A signature that was made for another purpose is none.', async (t) => {
  const { signature: _, ...rest } = JSON.parse(LINE);
  const signature = sign(null, Buffer.from(canonical(rest)), privateKey).toString('base64');
  t.match(readCheckpoint(canonical({ ...rest, signature }), publicKey), { problem: /does not fit/ });
});

t.test('Another key is named as such.', async (t) => {
  const other = generateKeyPairSync('ed25519');
  t.match(readCheckpoint(LINE, other.publicKey), { problem: /by another key/ });
});

t.test('The same in other words is none: the next one names its very bytes.', async (t) => {
  const spaced = JSON.stringify(JSON.parse(LINE), null, 1).replaceAll('\n', '');
  t.match(readCheckpoint(spaced, publicKey), { problem: /not written as it was signed/ });
  const more = canonical({ ...JSON.parse(LINE), note: 1 });
  t.match(readCheckpoint(more, publicKey), { problem: /not written as it was signed/ });
});

t.test('Whatever character is changed, it is none; nothing throws.', async (t) => {
  fc.assert(
    fc.property(
      fc.nat(LINE.length - 1),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      (at, other) => {
        fc.pre(LINE.charAt(at) !== other);
        return 'problem' in readCheckpoint(LINE.slice(0, at) + other + LINE.slice(at + 1), publicKey);
      },
    ),
    { numRuns: 500 },
  );
  t.pass('500 changes');
});

t.test('Members of another kind are refused.', async (t) => {
  const whole = JSON.parse(LINE);
  const others: Record<string, unknown> = {
    chain: '\ud800',
    segment: '../x',
    sequence: 1.5,
    fingerprint: 'AB'.repeat(32),
    time: '1',
    previous: 'x',
    closes: 1,
    key: null,
    signature: 'x',
  };
  for (const [name, value] of Object.entries(others)) {
    const line = JSON.stringify({ ...whole, [name]: value });
    t.match(readCheckpoint(line, publicKey), { problem: 'the line is not a checkpoint' }, name);
  }
  for (const line of ['', '{', 'null', '[]', '{}'])
    t.match(readCheckpoint(line, publicKey), { problem: /^the line/ });
  t.match(readCheckpoint('x'.repeat(3000), publicKey), { problem: /too long/ });
});
