import t from 'tap';
import { parseClientFirst } from '../../src/scram/client-first.ts';
import { SCRAM_SHA_256, SCRAM_SHA_256_PLUS } from '../../src/scram/messages.ts';
import { BINDING, CLIENT_NONCE as R } from './actors.ts';

const plain = (text: string, binding?: Buffer): unknown => parseClientFirst(text, SCRAM_SHA_256, binding);
const plus = (text: string): unknown => parseClientFirst(text, SCRAM_SHA_256_PLUS, BINDING);

t.test('Every kind of header is read with the mechanism it belongs to.', async (t) => {
  const read = (gs2Header: string): unknown => ({
    kind: 'client-first',
    gs2Header,
    bare: `n=,r=${R}`,
    nonce: R,
  });
  t.same(plain(`n,,n=,r=${R}`), read('n,,'));
  t.same(plain(`n,,n=,r=${R}`, BINDING), read('n,,'), 'channel_binding=disable');
  t.same(plain(`y,,n=,r=${R}`), read('y,,'), 'PLUS was not offered, so the client is right');
  t.same(plus(`p=tls-server-end-point,,n=,r=${R}`), read('p=tls-server-end-point,,'));
});

t.test('User name and unknown extensions are signed and otherwise ignored.', async (t) => {
  for (const bare of [`n=*,r=${R}`, `n=j\u00fcrgen=2C,r=${R}`, `n=,r=${R},x=1,Y=\u00e4`]) {
    t.match(plain(`n,,${bare}`), { kind: 'client-first', bare, nonce: R }, bare);
  }
});

t.test('A client that can bind and believes we cannot is told of the downgrade.', async (t) => {
  t.match(plain(`y,,n=,r=${R}`, BINDING), { kind: 'failure', code: 'channel-binding' });
});

t.test('Authorization identities and mandatory extensions are not supported.', async (t) => {
  t.match(plain(`n,a=postgres,n=,r=${R}`), { kind: 'failure', code: 'unsupported' });
  t.match(plain(`n,a=,n=,r=${R}`), { kind: 'failure', code: 'unsupported' });
  t.match(plain(`n,,m=x,n=,r=${R}`), { kind: 'failure', code: 'unsupported' });
});

t.test('A header that does not fit the mechanism is malformed.', async (t) => {
  t.match(plus(`n,,n=,r=${R}`), { code: 'malformed' }, 'PLUS with n');
  t.match(plus(`y,,n=,r=${R}`), { code: 'malformed' }, 'PLUS with y');
  t.match(
    plain(`p=tls-server-end-point,,n=,r=${R}`, BINDING),
    { code: 'malformed' },
    'SCRAM-SHA-256 with p=',
  );
  for (const type of ['tls-unique', 'tls-exporter', '', 'tls-server-end-point ', 'TLS-SERVER-END-POINT']) {
    t.match(plus(`p=${type},,n=,r=${R}`), { code: 'malformed' }, `an unknown binding ${type}`);
  }
});

t.test('Anything else that is wrong is malformed.', async (t) => {
  const cases: Record<string, string> = {
    'no comma': 'n',
    'no second comma': 'n,',
    'nothing after the header': 'n,,',
    'another flag': `x,,n=,r=${R}`,
    'an upper-case flag': `N,,n=,r=${R}`,
    'a flag with a value': `n=1,,n=,r=${R}`,
    'an empty flag': `,,n=,r=${R}`,
    'something in the place of the identity': `n,x=1,n=,r=${R}`,
    'no user name': `n,,r=${R}`,
    'nonce before user name': `n,,r=${R},n=`,
    'no nonce': 'n,,n=user',
    'another attribute in its place': `n,,n=user,c=${R}`,
    'an empty nonce': 'n,,n=user,r=',
    'a nonce with a space': `n,,n=user,r=a b`,
    'a nonce with a control character': 'n,,n=user,r=a\u0001b',
    'a nonce beyond ASCII': 'n,,n=user,r=\u00e4',
    'a nonce with a comma, whose rest is no attribute': `n,,n=,r=${R},rest`,
    'a second nonce': `n,,n=,r=${R},r=${R}`,
    'a mandatory extension behind': `n,,n=,r=${R},m=x`,
    'a comma behind': `n,,n=,r=${R},`,
    'an empty extension': `n,,n=,r=${R},x=`,
    'client-final in its place': `c=biws,r=${R},p=AAAA`,
  };
  for (const [what, text] of Object.entries(cases))
    t.match(plain(text), { kind: 'failure', code: 'malformed' }, what);
});

t.test('A reason repeats nothing of what the client sent.', async (t) => {
  for (const text of [
    'MARK,,n=,r=x',
    'n,MARK=1,n=,r=x',
    'n,,MARK',
    'n,,n=,MARK=1',
    'n,,n=,r=x,MARK',
    'n,a=MARK,',
  ]) {
    t.notMatch(JSON.stringify(plain(text)), /MARK/, text);
  }
  t.notMatch(JSON.stringify(plus('p=MARK,,n=,r=x')), /MARK/);
});
