import saslprep from '@mongodb-js/saslprep';
import fc from 'fast-check';
import t from 'tap';
import { preparePassword } from '../../src/scram/saslprep.ts';
import { formatVerifier, makeVerifier, parseVerifier } from '../../src/scram/verifier.ts';
import { SALT } from './actors.ts';

/** Made by PostgreSQL 18.4 (scram_iterations = 64), each a case of its own. */
const BY_POSTGRES: readonly (readonly [what: string, password: string, verifier: string])[] = [
  [
    'plain ASCII',
    'pencil',
    'SCRAM-SHA-256$64:lyRRwSqL0tcE0StWO+mWDg==$mMBgxrzj2jm6rV0T7lfWt8I7WfPm9O2LLVXS7oVeyDw=:rJlvP+gliBaYL206ycSBt5xazhdzGsgnHQt61bEmTuA=',
  ],
  [
    'a soft hyphen is dropped',
    'I\u00adX',
    'SCRAM-SHA-256$64:ZaSR0vdKB8Hv5Sxks+o8wg==$xnAXE0c95WZKWoz5+yPO8qM6op5QcG/6ySlH5fVqFhs=:n3OppEHDPYIpXWIdnirbttY8XBkLsYijqkE4aCnlWzg=',
  ],
  [
    'a combining accent is composed',
    'cafe\u0301',
    'SCRAM-SHA-256$64:93by5HHBF1Y0U0WJ1Q7+EQ==$FfjvPP+4amckzOReSqVrhB1tKFTnmep3anqu5BclbWw=:Eli0Fa6CR25Zg9xMJlo/WX7dcK1I/p+JNSmJrjswNqU=',
  ],
  [
    'strange spaces become plain ones',
    '\u00a0\u3000\u200b',
    'SCRAM-SHA-256$64:giqmz6o9anrgxzyw6Ag3IQ==$m6FsFbGPUGlg4j13AmfrCXyc1e3T1JRmPAqoyciA5f0=:aAIarp2osZg1K+CBAM4GjD1QcB+29IDi2mw7hBgFXro=',
  ],
  [
    'a ligature and a sign are taken apart',
    '\ufb01\u2103',
    'SCRAM-SHA-256$64:Imj1SNPtt/hgRocCSl2Fjg==$k28/C20PD8H763u2TjgkwdqgHSS4rEMYcv9sz6hPs4w=:WMAJYbW17lnTa2KU4O0v5kFXLhGh9fYJl9tA/yRkb34=',
  ],
  [
    'a letter of Unicode 4.0',
    '\u1d2c',
    'SCRAM-SHA-256$64:ZWFWcKP4zoriv5aNPixLiQ==$xCXoWL+sI2qkxZ1f/lxEvwqCU+FpdpG7lPwGB5Zy0KE=:+GWcvU4M2CxL7JT3S/XLSt61PZ/zcxzqh7lGheuBHx8=',
  ],
  [
    'a letterlike alef after a left-to-right letter',
    'a\u2135',
    'SCRAM-SHA-256$64:j5dWho5tRaLjzgA6ZG2HeQ==$KW6wc79t4dkKykTtAW2NPIfY80migGtIzLesSIBJF6E=:KDGmgjtn9Nb1t5nSWPePwqBUnCHfKkfC0sSw/ZyNdl8=',
  ],
  [
    'a squared letter of Unicode 5.2',
    '\u{1f130}',
    'SCRAM-SHA-256$64:gGOPdzKjeKyIyt1UgJM4/A==$bFSEADxCAOU73XAIbWrQmPUekojaJH1M6rW64CDOLtI=:PmwTNeoj5UPsrZSL2R8p4ggwd0aHZLY6iR065PZNAOo=',
  ],
  [
    'a control character',
    'x\u0007\u00e9',
    'SCRAM-SHA-256$64:hOxOr9lsOPOLf/wgk8yQGQ==$8Tt91ZxQR1kTUXbrZLxXvQa4rtNKbkZE/QBfYtZX9Ug=:/WPoC0ZdWALt+7ZSQ5oumPqHiEMcvWImsgVrCjK7K8U=',
  ],
  [
    'right-to-left that ends in a digit',
    '\u05d01',
    'SCRAM-SHA-256$64:DwcaNMtnQUvsKtz/ipyLGQ==$Eq6ow2TFhqLACO8zpDf95px3ckdwM/8it3MwxTxcjhM=:WAqmXWNqKKByVmsSz3kh69OdEIwpCrLoB4m2qES0Eyo=',
  ],
  [
    'left-to-right within right-to-left',
    '\u05d0a\u05d0',
    'SCRAM-SHA-256$64:MUmmIW8RrUKELdDwnCSD0g==$s9gRsXydmgxXvWmnxD297xODPejE2Wcj82pW5Qj43qI=:sNlQbAE1UPB3BDMzFBJQdauDJpUqLuGDc8ry3U1QJOE=',
  ],
  [
    'right-to-left that ends in a combining mark',
    '\u0627\u0653',
    'SCRAM-SHA-256$64:mB9UO2Yqbt6Qv0nW6ZldGQ==$yoAhhG73J+BUgOEo0PGgbPaaaDwMsaRkBc5uIhl0uSo=:FnOK4W4rAV89y5cL12G+2RnXjMbUaohPZzGy6D6G8Hk=',
  ],
  [
    'an Arabic presentation form',
    '\ufe70',
    'SCRAM-SHA-256$64:vTHmVwG4ik2dzrNzZsdYog==$a8niPnF1hGsopFWQYxUpMkWT/E68nSIr0fnyh5IU3k0=:13pShBT+e2N77X/AGCo+yqTkEcsxH5uBCWshUFr07k4=',
  ],
  [
    'a prohibited accent',
    '\u0340',
    'SCRAM-SHA-256$64:lCwJcuVEM4c2qZHX1rMxjA==$ccLMDHqZehBACHIuklCqqbQQZbKfVbCD/JvQ4PBI+Zs=:bSZwr3cqm19+o1wEYCkOSkBsCGmPsM0ixqKt22KB5U0=',
  ],
  [
    'nothing but a soft hyphen',
    '\u00ad',
    'SCRAM-SHA-256$64:242eudKxmeGbHkQ1pNiS6g==$xuyN5/tS5cqYScgYZ63pzVl+SwNOV+BLP6W8Mx/3dro=:fcmSga/JrG6Ao+io/Rpg4hxgQDzuUpgiE6vnvb1NKGg=',
  ],
  [
    'an emoji keeps all the rest as it is',
    '\u{1f600}\u00e9\u0301',
    'SCRAM-SHA-256$64:78dP8SsV0JmasrlWDBfaSQ==$11zrLws8u712iLhC8jcZfjxr/SXyA2sSB/IIkzNJv7g=:nhhXRAJz2nMggpMOmOqKJR6Q6NVKvPU4uq/2UdwHx3U=',
  ],
  [
    'a digit within right-to-left',
    '\u06271\u0628',
    'SCRAM-SHA-256$64:Cfag/TWyBzwmcIIbXSekUg==$i+Gm5ps/vCurRztKdolgu3hadhG4FGXD8MFBQzLyhlk=:yAop+9Y3U9C3lVhuYEKj7n3kNctGkoYnc50klrQXAX0=',
  ],
];

t.test('Passwords become what SASLprep makes of them (RFC 4013, section 3).', async (t) => {
  t.equal(preparePassword('I\u00adX'), 'IX');
  t.equal(preparePassword('user'), 'user');
  t.equal(preparePassword('USER'), 'USER');
  t.equal(preparePassword('\u00aa'), 'a');
  t.equal(preparePassword('\u2168'), 'IX');
  t.equal(preparePassword('a\u00a0b\u200bc'), 'a b c');
});

t.test('Where SASLprep refuses, the password stays as it is.', async (t) => {
  const refused: Record<string, string> = {
    'a control character': '\u0007\u00aa',
    'right-to-left that ends otherwise': '\u0627\u0031',
    'both directions': '\u05d0\u00aa\u05d0',
    'nothing left': '\u00ad\u200d',
    'the empty password': '',
    'an emoji, unassigned in Unicode 3.2': '\u{1f600}\u00aa',
    'private use': '\ue000\u00aa',
    'half a surrogate pair': '\ud83d\u00aa',
    'a tag': '\u{e0041}\u00aa',
    'a byte order mark in the middle stays out, a replacement character does not': '\ufffd\u00aa',
  };
  for (const [what, password] of Object.entries(refused)) t.equal(preparePassword(password), password, what);
});

t.test('PostgreSQL judges a password before it is normalized, unlike the RFC.', async (t) => {
  const disputed: Record<string, readonly [string, string]> = {
    'unassigned, though it would become an A': ['\u1d2c', '\u1d2c'],
    'prohibited, though it would become a grave accent': ['\u0340', '\u0340'],
    'left-to-right, though it becomes alef': ['a\u2135', 'a\u05d0'],
    'right-to-left that ends in a mark, though both become one letter': ['\u0627\u0653', '\u0627\u0653'],
  };
  for (const [what, [password, prepared]] of Object.entries(disputed)) {
    t.equal(preparePassword(password), prepared, what);
    t.not(libraryOrRaw(password), prepared, `${what}: the library differs`);
  }
});

t.test("PostgreSQL's own verifiers are made again from their passwords.", async (t) => {
  for (const [what, password, text] of BY_POSTGRES) {
    const salt = parseVerifier(text)?.salt ?? SALT;
    t.equal(formatVerifier(await makeVerifier(password, salt, 64)), text, what);
  }
});

t.test('Where normalization changes nothing, the npm package saslprep agrees.', async (t) => {
  const assigned = fc.constantFrom(
    ...Array.from(
      'aZ09 ~\u00df\u0416\u4e2d\u05d0\u05d1\u0627\u0660\u0300\u05b7\u20ac\u0007\u{1f600}\u{20000}',
    ),
  );
  const characters = fc.oneof(assigned, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }));
  fc.assert(
    fc.property(fc.array(characters, { maxLength: 6 }), (parts) => {
      const password = parts.join('');
      fc.pre(password.normalize('NFKC') === password);
      return preparePassword(password) === libraryOrRaw(password);
    }),
    { numRuns: 1000 },
  );
  t.equal(libraryOrRaw('\u00aa'), preparePassword('\u00aa'));
});

t.test('A password of a million characters is prepared as well.', async (t) => {
  t.equal(preparePassword('\u00aa'.repeat(1_000_000)).length, 1_000_000);
  t.equal(preparePassword(`\u05d0${'1'.repeat(1_000_000)}`).length, 1_000_001);
});

function libraryOrRaw(password: string): string {
  try {
    return saslprep(password) || password;
  } catch {
    return password;
  }
}
