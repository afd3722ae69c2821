import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { formatSaltedKeys, parseSaltedKeys } from '../../src/scram/salted-keys.ts';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { ITERATIONS, KEYS, SALT, VERIFIER } from './actors.ts';

const keys = { ...KEYS, salt: SALT, iterations: ITERATIONS };

t.test('Keys come back as they were, whatever they are.', async (t) => {
  const bytes = (min: number, max = min) =>
    fc.uint8Array({ minLength: min, maxLength: max }).map((array) => Buffer.from(array));
  const any = fc.record({
    salt: bytes(1, 256),
    iterations: fc.integer({ min: 1, max: 1_000_000 }),
    clientKey: bytes(32),
    serverKey: bytes(32),
  });
  fc.assert(
    fc.property(any, (each) => isDeepStrictEqual(parseSaltedKeys(formatSaltedKeys(each)), { ...each })),
  );
  t.pass('any keys');
});

t.test('Their form is told from a verifier’s, which holds no ClientKey.', async (t) => {
  t.match(formatSaltedKeys(keys), /^scram-sha-256\$\d+:[^$]+\$[^:]{44}:[^:]{44}$/);
  t.equal(parseSaltedKeys(formatVerifier(VERIFIER)), undefined);
});

t.test('Nothing else is taken for keys: a password may be anything.', async (t) => {
  const good = formatSaltedKeys(keys);
  const others = [
    '',
    'a password',
    'scram-sha-256$',
    ` ${good}`,
    `${good}\n`,
    good.replace('scram', 'SCRAM'),
    good.replace(/\$\d+:/, '$0:'),
    good.replace(/\$\d+:/, '$04096:'),
    good.replace(/\$\d+:/, '$1000001:'),
    good.replace(/:[^$]+\$/, ':$'),
    good.replace(/:[^$]+\$/, ':AB==$'),
    good.replace(/:[^$]+\$/, `:${Buffer.alloc(257).toString('base64')}$`),
    good.slice(0, -1),
    good.replace(/.{44}$/, `${'A'.repeat(42)}==`),
    good.replace(/=$/, 'A'),
  ];
  for (const text of others) t.equal(parseSaltedKeys(text), undefined, JSON.stringify(text));
});
