import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { Secret } from '../../src/catalog/secret.ts';
import { endPointBinding } from '../../src/scram/channel-binding.ts';
import { fixedKeys, passwordKeys } from '../../src/scram/credentials.ts';
import { deriveKeys } from '../../src/scram/keys.ts';
import { UpstreamLoginRefused } from '../../src/upstream/failures.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { PASSWORD } from '../support/client-login.ts';
import { message } from '../support/frontend-messages.ts';
import { int32 } from '../support/result-rows.ts';
import { certificate, verifier } from '../support/scene.ts';
import { expect, hang, ok, type Script, scram, send, tls, welcome } from '../support/upstream-steps.ts';
import { byPassword, type VisitWish, visitUpstream } from '../support/upstream-visit.ts';

const binding = endPointBinding(new X509Certificate(certificate.cert).raw);
const ask = (code: number, rest = ''): Buffer => message('R', int32(code), rest);
const CLEARTEXT = ask(3);
const MD5 = ask(5, 'salt');
const passthrough = { clientKey: Buffer.alloc(32), serverKey: verifier.serverKey };

t.test('SCRAM logs in with a password’s keys, or with the client’s own.', async (t) => {
  const script = [expect('startup'), scram(verifier), send(welcome()), hang];
  const own = await deriveKeys(PASSWORD, verifier.salt, verifier.iterations);
  for (const scramKeys of [passwordKeys(PASSWORD), fixedKeys(own, verifier), fixedKeys(own)]) {
    const credentials = { role: 'app', scram: scramKeys, password: undefined };
    const { session, conversation, sent } = await visitUpstream({ script, request: { credentials } });
    t.match(session, { cancelKey: { pid: 4711, key: Buffer.from('key!') } });
    t.equal(conversation.startup?.parameters.text('user'), 'app');
    t.notOk(sent.includes(PASSWORD));
  }
});

t.test('SCRAM is bound to the upstream’s certificate where it can be.', async (t) => {
  const script = (spoil = {}): Script => [
    expect('ssl-request'),
    send(Buffer.from('S')),
    tls(certificate),
    expect('startup'),
    scram(verifier, { binding, ...spoil }),
    send(welcome()),
    hang,
  ];
  const target = { sslmode: 'verify-full', sslrootcert: certificate.cert } as const;
  const bound = await visitUpstream({ script: script(), target: { ...target, channelBinding: 'require' } });
  t.ok(bound.session);
  t.match(bound.sent.toString('latin1'), /SCRAM-SHA-256-PLUS\0.{4}p=tls-server-end-point,,/s);
  const relayed = await visitUpstream({ script: script({ binding: Buffer.alloc(32) }), target });
  t.match(relayed.conversation.failure, { message: /failure/ }, 'a man in the middle is found out');
  t.match(relayed.error, { name: 'ConnectionClosed' });
});

/** Upstreams that must not be let through, and what our log says of them. */
const REFUSED: readonly (readonly [
  title: string,
  wish: Omit<VisitWish, 'script'> & { says: Script },
  why: RegExp,
])[] = [
  [
    'AuthenticationOk although no proof was asked for',
    { says: [send(welcome()), hang] },
    /without asking for a proof/,
  ],
  ['cleartext', { says: [send(CLEARTEXT), hang] }, /asks for password, which the branch's require_auth/],
  ['md5', { says: [send(MD5), hang] }, /asks for md5, which/],
  ['GSSAPI', { says: [send(ask(7)), hang] }, /authentication method 7/],
  ['SSPI', { says: [send(ask(9)), hang] }, /authentication method 9/],
  ['Kerberos V5', { says: [send(ask(2)), hang] }, /authentication method 2/],
  ['a negative method', { says: [send(ask(-1)), hang] }, /authentication method -1/],
  [
    'SCRAM where only md5 is listed',
    { says: [scram(verifier)], target: { requireAuth: new Set(['md5']) } },
    /asks for scram-sha-256/,
  ],
  [
    'SCRAM without keys',
    { says: [scram(verifier)], request: { credentials: { ...byPassword, scram: undefined } } },
    /no keys for it/,
  ],
  [
    'only unknown mechanisms',
    { says: [scram(verifier, { mechanisms: ['OAUTHBEARER'] })] },
    /no SASL mechanism/,
  ],
  ['PLUS without TLS', { says: [scram(verifier, { mechanisms: ['SCRAM-SHA-256-PLUS'] })] }, /without TLS/],
  [
    'no binding where it is required',
    { says: [scram(verifier)], target: { channelBinding: 'require' } },
    /binding is required/,
  ],
  [
    'a nonce that is not ours',
    { says: [scram(verifier, { first: (text) => text.replace('r=', 'r=x') })] },
    /does not extend ours/,
  ],
  [
    'our nonce unextended',
    { says: [scram(verifier, { first: (text) => text.replace('upstreamNonce', '') })] },
    /does not extend ours/,
  ],
  [
    'an over-long nonce',
    { says: [scram(verifier, { first: (text) => text.replace('upstreamNonce', 'n'.repeat(600)) })] },
    /too long/,
  ],
  [
    '2^31 rounds',
    { says: [scram(verifier, { first: (text) => text.replace(/i=\d+/, 'i=2147483648') })] },
    /more SCRAM iterations/,
  ],
  [
    '1,000,001 rounds',
    { says: [scram(verifier, { first: (text) => text.replace(/i=\d+/, 'i=1000001') })] },
    /more SCRAM iterations/,
  ],
  [
    'no rounds',
    { says: [scram(verifier, { first: (text) => text.replace(/i=\d+/, 'i=0') })] },
    /not r=, s= and i=/,
  ],
  [
    'a wrong signature',
    { says: [scram(verifier, { final: () => `v=${Buffer.alloc(32).toString('base64')}` }), send(welcome())] },
    /./,
  ],
  [
    'an error of SCRAM’s own',
    { says: [scram(verifier, { final: () => 'e=invalid-proof' })] },
    /invalid-proof/,
  ],
  [
    'another verifier than the client’s',
    {
      says: [scram({ ...verifier, salt: Buffer.alloc(16) })],
      request: { credentials: { ...byPassword, scram: fixedKeys(passthrough, verifier) } },
    },
    /another verifier/,
  ],
  [
    'another salt than that of sealed keys',
    {
      says: [scram({ ...verifier, salt: Buffer.alloc(16) })],
      request: {
        credentials: { ...byPassword, scram: fixedKeys(passthrough, verifier, 'the salt changed') },
      },
    },
    /^the salt changed$/,
  ],
];

t.test('An upstream’s login is not accepted, and no password given, where it should not be.', async (t) => {
  for (const [title, { says, ...wish }, why] of REFUSED) {
    const { error, sent, left } = await visitUpstream({
      script: [expect('startup'), ...says, hang],
      ...wish,
    });
    t.type(error, UpstreamLoginRefused, title);
    t.match(error, { message: why }, title);
    t.notMatch(sent.toString('latin1'), /open sesame|md5[0-9a-f]{32}/, title);
    t.equal(left, 0, title);
  }
});

const OUT_OF_ORDER: readonly (readonly [title: string, says: Script])[] = [
  ['SASLContinue first', [send(ask(11, 'r=x'))]],
  ['SASLFinal first', [send(ask(12, 'v=x'))]],
  [
    'SASLFinal in place of SASLContinue',
    [send(ask(10, 'SCRAM-SHA-256\0\0')), expect('p'), send(ask(12, 'v=x'))],
  ],
  [
    'AuthenticationOk in the midst of SASL',
    [send(ask(10, 'SCRAM-SHA-256\0\0')), expect('p'), send(welcome())],
  ],
  ['SASL twice', [scram(verifier), send(ask(10, 'SCRAM-SHA-256\0\0'))]],
  ['cleartext after SCRAM', [scram(verifier), send(CLEARTEXT)]],
  ['no code', [send(message('R', 'abc'))]],
  ['bytes behind AuthenticationOk', [send(ask(0, 'x'))]],
  ['a mechanism list without end', [send(ask(10, 'SCRAM-SHA-256\0'))]],
];

t.test('An authentication message out of order is a violation of the protocol.', async (t) => {
  const requireAuth = new Set(['scram-sha-256', 'md5', 'password', 'none'] as const);
  for (const [title, says] of OUT_OF_ORDER) {
    const { error, left } = await visitUpstream({
      script: [expect('startup'), ...says, hang],
      target: { requireAuth },
    });
    t.type(error, ProtocolViolation, title);
    t.equal(left, 0, title);
  }
});

t.test('Cleartext, md5 and trust log in where require_auth lists them.', async (t) => {
  const rest = [send(welcome()), hang];
  const cleartext = await visitUpstream({
    script: [expect('startup'), send(CLEARTEXT), expect('p'), ...rest],
    target: { requireAuth: new Set(['password']) },
  });
  t.ok(cleartext.session);
  t.equal(cleartext.conversation.frames[0]?.body.toString(), `${PASSWORD}\0`);
  const md5 = await visitUpstream({
    script: [expect('startup'), send(MD5), expect('p'), ...rest],
    target: { requireAuth: new Set(['md5']) },
  });
  t.ok(md5.session);
  // 'md5' and md5(md5('open sesame' || 'app') || 'salt')
  t.equal(md5.conversation.frames[0]?.body.toString(), 'md5659725d34b5864ccd804eeb22725bf40\0');
  const trust = await visitUpstream({
    script: [expect('startup'), ...rest],
    target: { requireAuth: new Set(['none']) },
  });
  t.ok(trust.session);
  const nothing = { role: 'app', scram: undefined, password: undefined };
  const without = await visitUpstream({
    script: [expect('startup'), send(CLEARTEXT), hang],
    target: { requireAuth: new Set(['password']) },
    request: { credentials: nothing },
  });
  t.match(without.error, { name: 'UpstreamLoginRefused', message: /there is none/ });
});

t.test('Rounds that outlast the deadline are not waited for.', async (t) => {
  const deadline = new AbortController();
  const keysFor = (): Promise<undefined> => {
    setImmediate(() => deadline.abort(new Error('too late')));
    return new Promise(() => {});
  };
  const { error, left } = await visitUpstream({
    script: [expect('startup'), scram(verifier), send(ok), hang],
    request: { credentials: { role: 'app', scram: { keysFor }, password: new Secret('x') } },
    signal: deadline.signal,
  });
  t.match(error, Error('too late'));
  t.equal(left, 0);
});
