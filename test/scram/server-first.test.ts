import t from 'tap';
import { MAX_ITERATIONS, MAX_SALT_LENGTH } from '../../src/scram/keys.ts';
import { readServerFirst } from '../../src/scram/server-first.ts';
import { CLIENT_NONCE, SALT, SERVER_NONCE } from './actors.ts';

const R = `${CLIENT_NONCE}${SERVER_NONCE}`;
const S = SALT.toString('base64');

t.test("PostgreSQL's server-first is read.", async (t) => {
  const expected = { kind: 'challenge', nonce: R, salt: SALT, iterations: 4096 };
  t.same(readServerFirst(`r=${R},s=${S},i=4096`, CLIENT_NONCE), expected);
  t.match(readServerFirst(`r=${R},s=${S},i=1`, CLIENT_NONCE), { kind: 'challenge', iterations: 1 });
  t.match(readServerFirst(`r=${R},s=AA==,i=${MAX_ITERATIONS}`, CLIENT_NONCE), { iterations: MAX_ITERATIONS });
});

t.test('A hostile server-first is refused.', async (t) => {
  const longSalt = Buffer.alloc(MAX_SALT_LENGTH + 1).toString('base64');
  const malformed: Record<string, string> = {
    'no nonce': `s=${S},i=4096`,
    'an empty nonce': `r=,s=${S},i=4096`,
    'a nonce that does not extend ours': `r=x${R},s=${S},i=4096`,
    'a nonce that begins with a part of ours': `r=${CLIENT_NONCE.slice(0, -1)}${SERVER_NONCE},s=${S},i=4096`,
    'our nonce and nothing more': `r=${CLIENT_NONCE},s=${S},i=4096`,
    'an over-long nonce (pgbouncer CVE-2026-6665)': `r=${R}${'x'.repeat(512)},s=${S},i=4096`,
    'a nonce with a space': `r=${R} ,s=${S},i=4096`,
    'a nonce beyond ASCII': `r=${R}\u00e4,s=${S},i=4096`,
    'no salt': `r=${R},i=4096`,
    'an empty salt': `r=${R},s=,i=4096`,
    'a salt that is not base64': `r=${R},s=****,i=4096`,
    'a salt that is padding only': `r=${R},s==,i=4096`,
    'an over-long salt': `r=${R},s=${longSalt},i=4096`,
    'no count': `r=${R},s=${S}`,
    'an empty count': `r=${R},s=${S},i=`,
    'a count of zero': `r=${R},s=${S},i=0`,
    'a negative count': `r=${R},s=${S},i=-1`,
    'a count with a fraction': `r=${R},s=${S},i=1.5`,
    'a count in hexadecimal': `r=${R},s=${S},i=0x10`,
    'another order': `s=${S},r=${R},i=4096`,
    'a second salt': `r=${R},s=${S},s=${S},i=4096`,
    'an extension, which libpq refuses too': `r=${R},s=${S},i=4096,x=1`,
    'a comma behind': `r=${R},s=${S},i=4096,`,
    'a line feed behind': `r=${R},s=${S},i=4096\n`,
    'an error': 'e=other-error',
    nothing: '',
  };
  for (const [what, text] of Object.entries(malformed)) {
    t.match(readServerFirst(text, CLIENT_NONCE), { kind: 'failure', code: 'malformed' }, what);
  }
});

t.test('More than we take part in is refused before any work (CVE-2026-6669).', async (t) => {
  for (const count of [`${MAX_ITERATIONS + 1}`, '2147483647', '2147483648', '9'.repeat(400)]) {
    t.match(readServerFirst(`r=${R},s=${S},i=${count}`, CLIENT_NONCE), { code: 'unsupported' }, count);
  }
  t.match(readServerFirst(`m=x,r=${R},s=${S},i=4096`, CLIENT_NONCE), { code: 'unsupported' }, 'm=');
});

t.test('A reason repeats nothing of what the server sent.', async (t) => {
  const marked = readServerFirst(`r=${R}MARK MARK,s=${S},i=4096`, CLIENT_NONCE);
  t.notMatch(JSON.stringify(marked), /MARK/);
});
