import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { endPointBinding } from '../../src/scram/channel-binding.ts';
import { startClient } from '../../src/scram/client.ts';
import { passwordKeys } from '../../src/scram/credentials.ts';
import { NONCE, PASSWORD, readGreeting, sendStartup } from '../support/client-login.ts';
import { header, message, saslInitialResponse, saslResponse } from '../support/frontend-messages.ts';
import type { RawClient } from '../support/raw-client.ts';
import { certificate, Scene } from '../support/scene.ts';

const PLAIN = 'SCRAM-SHA-256';
const PLUS = 'SCRAM-SHA-256-PLUS';
const binding = endPointBinding(new X509Certificate(certificate.cert).raw);
const initial = (mechanism: string, first: string | undefined): Buffer =>
  saslInitialResponse(mechanism, first === undefined ? undefined : Buffer.from(first));

async function offered(scene: Scene): Promise<RawClient> {
  const client = await scene.tlsClient();
  sendStartup(client);
  const offer = (await client.expect('R')).toString('latin1', 4);
  if (offer !== `${PLUS}\0${PLAIN}\0\0`) throw new Error(`offered ${offer}`);
  return client;
}

const CLIENT_FIRST: readonly (readonly [title: string, bytes: Buffer, sqlstate: string, message: RegExp])[] =
  [
    ['no response (length -1)', initial(PLAIN, undefined), '08P01', /client-first-message is absent/],
    [
      'a length beyond the frame',
      message('p', `${PLAIN}\0`, Buffer.of(0, 0, 0, 9), 'n,,'),
      '08P01',
      /another length/,
    ],
    ['a length of -2', message('p', `${PLAIN}\0`, Buffer.of(255, 255, 255, 254)), '08P01', /another length/],
    ['no length', message('p', `${PLAIN}\0`), '08P01', /without its length/],
    ['no mechanism', message('p', 'SCRAM'), '08P01', /without its terminator/],
    ['a mechanism nobody offered', initial('PLAIN', '\0app\0secret'), '08P01', /invalid SASL auth/],
    ['an over-long message', header('p', 1200), '08P01', /^invalid message length$/],
    ['2 GiB declared', header('p', 0x7fffffff), '08P01', /^invalid message length$/],
    ['no nonce', initial(PLAIN, 'n,,n='), '08P01', /nonce expected/],
    ['a nonce with white space', initial(PLAIN, 'n,,n=,r=a b'), '08P01', /nonce/],
    ['an authorization identity', initial(PLAIN, 'n,a=root,n=,r=abc'), '08P01', /authorization identity/],
    ['an extension', initial(PLAIN, 'n,,m=x,n=,r=abc'), '08P01', /unsupported SCRAM extension/],
    ['PLUS with n', initial(PLUS, 'n,,n=,r=abc'), '08P01', /without channel binding data/],
    [
      'PLUS with an unknown binding',
      initial(PLUS, 'p=tls-unique,,n=,r=abc'),
      '08P01',
      /channel-binding type/,
    ],
    [
      'binding data without PLUS',
      initial(PLAIN, 'p=tls-server-end-point,,n=,r=abc'),
      '08P01',
      /selected with/,
    ],
    [
      'y although PLUS was offered',
      initial(PLAIN, 'y,,n=,r=abc'),
      '28000',
      /^SCRAM channel binding check failed$/,
    ],
    [
      'client-final first',
      initial(PLAIN, `c=biws,r=abc,p=${'A'.repeat(43)}=`),
      '08P01',
      /channel-binding flag/,
    ],
  ];

t.test('A broken client-first is refused for what it is, not as a wrong password.', async (t) => {
  await using scene = await Scene.open();
  for (const [index, [title, bytes, sqlstate, words]] of CLIENT_FIRST.entries()) {
    const client = await offered(scene);
    client.send(bytes);
    t.match(await client.refusal(), { severity: 'FATAL', sqlstate, message: words }, title);
    const { reason } = await scene.record(index);
    t.equal(reason, sqlstate === '28000' ? 'channel-binding' : 'protocol', title);
  }
});

const CLIENT_FINAL: readonly (readonly [title: string, change: (final: string) => string])[] = [
  ['another nonce', (final) => final.replace(/r=./, 'r=!')],
  ['a nonce that goes on', (final) => final.replace(',p=', 'x,p=')],
  ['another c=', (final) => final.replace('c=biws', 'c=eSws')],
  ['no proof', (final) => final.replace(/,p=.*/, '')],
  ['a short proof', (final) => final.replace(/,p=.*/, ',p=AAAA')],
  ['a proof that is no base64', (final) => final.replace(/,p=..../, ',p=!!!!')],
  ['bytes behind the proof', (final) => `${final},x=y`],
  ['a NUL', (final) => `${final}\0`],
  ['nothing', () => ''],
  ['an extension with a meaning', (final) => final.replace(',p=', ',m=x,p=')],
];

t.test('A broken client-final is refused for what it is, not as a wrong password.', async (t) => {
  await using scene = await Scene.open();
  for (const [title, change] of CLIENT_FINAL) {
    const client = await offered(scene);
    await prove(client, { change });
    t.match(await client.refusal(), { severity: 'FATAL', sqlstate: '08P01' }, title);
  }
  await scene.record(CLIENT_FINAL.length - 1);
  t.ok(scene.gate.journal.records.every(({ reason }) => reason === 'protocol'));
});

t.test('PLUS is bound to the certificate that this connection was given.', async (t) => {
  await using scene = await Scene.open();
  const bound = await offered(scene);
  await prove(bound, { binding, mechanisms: [PLUS] });
  t.equal((await readGreeting(bound)).letters, 'RSKZ');
  const relayed = await offered(scene);
  await prove(relayed, { binding: Buffer.alloc(32, 1), mechanisms: [PLUS] });
  t.match(await relayed.refusal(), { sqlstate: '28000', message: 'SCRAM channel binding check failed' });
  t.match(await scene.record(), { reason: 'channel-binding', mechanism: PLUS });
});

interface Proof {
  readonly change?: (final: string) => string;
  readonly binding?: Buffer | undefined;
  readonly mechanisms?: readonly string[];
}

/** Goes through SCRAM up to client-final, which is changed. */
async function prove(
  client: RawClient,
  { change = (final) => final, mechanisms = [PLAIN], ...own }: Proof,
): Promise<void> {
  const offer = {
    binding: own.binding,
    tls: true,
    channelBinding: own.binding ? 'require' : 'disable',
  } as const;
  const exchange = startClient({ ...offer, mechanisms, nonce: NONCE }, passwordKeys(PASSWORD));
  if (exchange.kind === 'failure') throw new Error(exchange.reason);
  client.send(saslInitialResponse(exchange.mechanism, exchange.initial));
  const proof = await exchange.first((await client.expect('R')).subarray(4));
  if (proof.kind === 'failure') throw new Error(proof.reason);
  client.send(saslResponse(Buffer.from(change(proof.reply.toString()))));
}
