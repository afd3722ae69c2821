import t from 'tap';
import { type ClientStart, startClient } from '../../src/scram/client.ts';
import { type Credentials, fixedKeys, passwordKeys } from '../../src/scram/credentials.ts';
import type { Offer } from '../../src/scram/offer.ts';
import { BINDING, CLIENT_NONCE, KEYS, SALT, SERVER_NONCE, VERIFIER } from './actors.ts';

const OFFER = {
  mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'],
  binding: BINDING,
  tls: true,
  channelBinding: 'prefer',
  nonce: CLIENT_NONCE,
} as const;
const SERVER_FIRST = Buffer.from(`r=${CLIENT_NONCE}${SERVER_NONCE},s=${SALT.toString('base64')},i=4096`);

function start(offer: Partial<Offer> = {}, credentials: Credentials = fixedKeys(KEYS)): ClientStart {
  const started = startClient({ ...OFFER, ...offer }, credentials);
  if (started.kind === 'failure') throw new Error(started.reason);
  return started;
}

t.test('client-first is what libpq sends: header, empty user name, nonce.', async (t) => {
  t.equal(start().mechanism, 'SCRAM-SHA-256-PLUS');
  t.equal(start().initial.toString(), `p=tls-server-end-point,,n=,r=${CLIENT_NONCE}`);
  t.equal(start({ channelBinding: 'disable' }).initial.toString(), `n,,n=,r=${CLIENT_NONCE}`);
  t.equal(start({ mechanisms: ['SCRAM-SHA-256'] }).initial.toString(), `y,,n=,r=${CLIENT_NONCE}`);
});

t.test('Where no mechanism fits, the exchange does not begin.', async (t) => {
  t.match(startClient({ ...OFFER, mechanisms: ['SCRAM-SHA-1'] }, fixedKeys(KEYS)), { kind: 'failure' });
});

t.test('client-final repeats the nonce and what client-first was bound to.', async (t) => {
  const bound = Buffer.concat([Buffer.from('p=tls-server-end-point,,'), BINDING]).toString('base64');
  t.match(await start().first(SERVER_FIRST), { kind: 'continue' });
  const plus = await start().first(SERVER_FIRST);
  t.match(
    plus.kind === 'continue' && plus.reply.toString(),
    `c=${bound},r=${CLIENT_NONCE}${SERVER_NONCE},p=`,
  );
  const plain = await start({ tls: false, mechanisms: ['SCRAM-SHA-256'] }).first(SERVER_FIRST);
  t.match(plain.kind === 'continue' && plain.reply.toString(), `c=biws,r=${CLIENT_NONCE}${SERVER_NONCE},p=`);
});

t.test('Password and keys give the same proof.', async (t) => {
  const [byKeys, byPassword] = await Promise.all([
    start().first(SERVER_FIRST),
    start({}, passwordKeys('pencil')).first(SERVER_FIRST),
  ]);
  t.equal(byKeys.kind, 'continue');
  t.same(byPassword.kind === 'continue' && byPassword.reply, byKeys.kind === 'continue' && byKeys.reply);
});

t.test('A server-first that is no text is malformed.', async (t) => {
  for (const message of [
    Buffer.alloc(0),
    Buffer.alloc(1025, 'r'),
    Buffer.from('r=\0'),
    Buffer.from([0xff]),
  ]) {
    t.match(await start().first(message), { kind: 'failure', code: 'malformed' });
  }
  t.match(await start().first(Buffer.from('r=x,s=AA==,i=1')), { kind: 'failure', code: 'malformed' });
});

t.test('A server that asks for 2^31 rounds costs nothing (CVE-2026-6669).', async (t) => {
  let asked = false;
  const credentials: Credentials = {
    async keysFor() {
      asked = true;
      return KEYS;
    },
  };
  const greedy = Buffer.from(`r=${CLIENT_NONCE}${SERVER_NONCE},s=AA==,i=2147483648`);
  t.match(await start({}, credentials).first(greedy), { kind: 'failure', code: 'unsupported' });
  t.notOk(asked);
});

t.test('Passthrough keys are not tried on another verifier.', async (t) => {
  const credentials = fixedKeys(KEYS, { ...VERIFIER, iterations: 8192 });
  t.match(await start({}, credentials).first(SERVER_FIRST), { kind: 'failure', code: 'no-keys' });
  t.match(await start({}, fixedKeys(KEYS, VERIFIER)).first(SERVER_FIRST), { kind: 'continue' });
});

t.test('A nonce that could not be sent is a mistake of the caller.', async (t) => {
  t.throws(() => startClient({ ...OFFER, nonce: 'a,b' }, fixedKeys(KEYS)), TypeError);
});
