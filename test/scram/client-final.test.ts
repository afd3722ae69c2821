import t from 'tap';
import { prove } from '../../src/scram/client-final.ts';
import { CLIENT_NONCE, KEYS, SERVER_NONCE } from './actors.ts';

const SERVER_FIRST = `r=${CLIENT_NONCE}${SERVER_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
const WITHOUT_PROOF = `c=biws,r=${CLIENT_NONCE}${SERVER_NONCE}`;
const AUTH_MESSAGE = `n=user,r=${CLIENT_NONCE},${SERVER_FIRST},${WITHOUT_PROOF}`;
const SIGNATURE = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

t.test('client-final and the server signature are those of RFC 7677, byte for byte.', async (t) => {
  const final = prove(KEYS, WITHOUT_PROOF, AUTH_MESSAGE);
  t.equal(final.reply.toString(), `${WITHOUT_PROOF},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`);
  t.same(final.final(Buffer.from(SIGNATURE)), { kind: 'success' });
});

t.test('A server that does not know the ServerKey is not believed.', async (t) => {
  const { final } = prove(KEYS, WITHOUT_PROOF, AUTH_MESSAGE);
  t.match(final(Buffer.from(SIGNATURE.replace('6', '7'))), { kind: 'failure', code: 'untrusted' });
  const other = prove({ ...KEYS, serverKey: KEYS.clientKey }, WITHOUT_PROOF, AUTH_MESSAGE);
  t.match(other.final(Buffer.from(SIGNATURE)), { kind: 'failure', code: 'untrusted' });
});

t.test('A server-final without a whole signature is malformed.', async (t) => {
  const { final } = prove(KEYS, WITHOUT_PROOF, AUTH_MESSAGE);
  const cases: Record<string, string | Buffer> = {
    nothing: '',
    'another attribute': SIGNATURE.replace('v=', 'p='),
    'an empty signature': 'v=',
    'a short signature': `v=${Buffer.alloc(31).toString('base64')}`,
    'a long signature': `v=${Buffer.alloc(33).toString('base64')}`,
    'no padding': SIGNATURE.slice(0, -1),
    'garbage behind': `${SIGNATURE},x=1`,
    'a NUL behind': `${SIGNATURE}\0`,
    'broken UTF-8': Buffer.from([0x76, 0x3d, 0xff]),
    'an over-long message': `v=${'A'.repeat(1024)}`,
  };
  for (const [what, message] of Object.entries(cases)) {
    t.match(final(Buffer.from(message)), { kind: 'failure', code: 'malformed' }, what);
  }
});

t.test("A server's error is reported by its name in RFC 5802, any other as other-error.", async (t) => {
  const { final } = prove(KEYS, WITHOUT_PROOF, AUTH_MESSAGE);
  const reasonOf = (text: string): unknown => final(Buffer.from(text));
  t.match(reasonOf('e=invalid-proof'), { code: 'refused', reason: 'the server answered invalid-proof' });
  t.match(reasonOf('e=no-resources'), { code: 'refused', reason: 'the server answered no-resources' });
  t.match(reasonOf('e=\u001b[2Jhello'), { code: 'refused', reason: 'the server answered other-error' });
  t.match(reasonOf('e='), { code: 'refused', reason: 'the server answered other-error' });
});
