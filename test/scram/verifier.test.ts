import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { MAX_ITERATIONS, MAX_SALT_LENGTH } from '../../src/scram/keys.ts';
import {
  DEFAULT_ITERATIONS,
  formatVerifier,
  makeVerifier,
  parseVerifier,
  SALT_LENGTH,
  verifierOf,
} from '../../src/scram/verifier.ts';
import { referenceKeys, SALT, VERIFIER } from './actors.ts';

/** Written by PostgreSQL 18.4 for the password `correct horse`. */
const BY_POSTGRES =
  'SCRAM-SHA-256$4096:wBgY4LNeIzrHv+Ov1S/YhA==$IG+MYGS/ltChmuo41TA9zfndjGfxv9u3XO3iRSLERGk=:vOv+t0azyo4uPxYRfHz9KzOELQAJTNERY6JrLpLH9kE=';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const verifiers = fc.record(
  {
    iterations: fc.integer({ min: 1, max: MAX_ITERATIONS }),
    salt: fc.uint8Array({ minLength: 1, maxLength: MAX_SALT_LENGTH }).map((bytes) => Buffer.from(bytes)),
    storedKey: key,
    serverKey: key,
  },
  { noNullPrototype: true },
);

t.test("PostgreSQL's own verifier is read, written back and made again from its password.", async (t) => {
  const parsed = parseVerifier(BY_POSTGRES);
  t.equal(parsed?.iterations, DEFAULT_ITERATIONS);
  t.equal(parsed?.salt.length, SALT_LENGTH);
  t.equal(parsed && formatVerifier(parsed), BY_POSTGRES);
  t.same(await makeVerifier('correct horse', parsed?.salt ?? SALT, DEFAULT_ITERATIONS), parsed);
  t.notSame(await makeVerifier('correct horsf', parsed?.salt ?? SALT, DEFAULT_ITERATIONS), parsed);
});

t.test('Every verifier within the bounds survives being written and read.', async (t) => {
  fc.assert(
    fc.property(verifiers, (verifier) =>
      isDeepStrictEqual(parseVerifier(formatVerifier(verifier)), verifier),
    ),
  );
  t.same(parseVerifier(formatVerifier(VERIFIER)), VERIFIER);
});

t.test('Whatever is read is written back as it was.', async (t) => {
  const texts = verifiers.map(formatVerifier);
  const mutated = fc
    .tuple(texts, fc.nat(), fc.string({ maxLength: 2 }), fc.nat({ max: 2 }))
    .map(
      ([text, at, put, cut]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + cut),
    );
  fc.assert(
    fc.property(fc.oneof(texts, mutated, fc.string()), (text) => {
      const parsed = parseVerifier(text);
      return parsed === undefined || formatVerifier(parsed) === text;
    }),
  );
  t.equal(parseVerifier(''), undefined);
});

t.test('What PostgreSQL would not have written is no verifier.', async (t) => {
  const good = formatVerifier(VERIFIER);
  const [, salt = '', stored = '', server = ''] = /:(.+)\$(.+):(.+)$/.exec(good) ?? [];
  const short = Buffer.alloc(31).toString('base64');
  const long = Buffer.alloc(33).toString('base64');
  const cases: Record<string, string> = {
    'another mechanism': good.replace('256', '512'),
    'lower case': good.replace('SCRAM', 'scram'),
    'an MD5 hash': 'md5a6343a68d964ca596d9752250d54bb8a',
    'a plain password': 'pencil',
    'white space before': ` ${good}`,
    'a line feed after': `${good}\n`,
    'no iterations': `SCRAM-SHA-256$:${salt}$${stored}:${server}`,
    'zero iterations': `SCRAM-SHA-256$0:${salt}$${stored}:${server}`,
    'a leading zero': `SCRAM-SHA-256$04096:${salt}$${stored}:${server}`,
    'a sign': `SCRAM-SHA-256$+4096:${salt}$${stored}:${server}`,
    'hexadecimal iterations': `SCRAM-SHA-256$0x10:${salt}$${stored}:${server}`,
    'one iteration too many': `SCRAM-SHA-256$${MAX_ITERATIONS + 1}:${salt}$${stored}:${server}`,
    'iterations beyond any number': `SCRAM-SHA-256$${'9'.repeat(320)}:${salt}$${stored}:${server}`,
    'no salt': `SCRAM-SHA-256$4096:$${stored}:${server}`,
    'a salt of padding': `SCRAM-SHA-256$4096:=$${stored}:${server}`,
    'a salt without padding': `SCRAM-SHA-256$4096:${salt.replace(/=+$/, '')}$${stored}:${server}`,
    'a salt too long': `SCRAM-SHA-256$1:${Buffer.alloc(MAX_SALT_LENGTH + 1).toString('base64')}$${stored}:${server}`,
    'a short StoredKey': `SCRAM-SHA-256$4096:${salt}$${short}:${server}`,
    'a long ServerKey': `SCRAM-SHA-256$4096:${salt}$${stored}:${long}`,
    'no ServerKey': `SCRAM-SHA-256$4096:${salt}$${stored}`,
    'a StoredKey that is not base64': `SCRAM-SHA-256$4096:${salt}$${'*'.repeat(44)}:${server}`,
    'a part too many': `${good}:${server}`,
    'a text beyond 512 characters': `SCRAM-SHA-256$1:${'A'.repeat(512)}$${stored}:${server}`,
  };
  t.not(parseVerifier(good), undefined);
  for (const [what, text] of Object.entries(cases)) t.equal(parseVerifier(text), undefined, what);
});

t.test('A verifier holds the hash of the ClientKey and never the ClientKey.', async (t) => {
  const keys = referenceKeys('pencil', SALT, 1);
  const verifier = verifierOf(keys, SALT, 1);
  t.notOk(formatVerifier(verifier).includes(keys.clientKey.toString('base64')));
  t.same(await makeVerifier('pencil', SALT, 1), verifier);
  await t.rejects(makeVerifier('pencil', Buffer.alloc(0), 1), RangeError);
});
