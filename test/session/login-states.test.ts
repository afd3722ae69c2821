import fc from 'fast-check';
import t from 'tap';
import { mutationsOf } from '../support/arbitraries.ts';
import { answerSasl, NONCE, PASSWORD, readGreeting, sendStartup } from '../support/client-login.ts';
import { message, saslInitialResponse, saslResponse, startupMessage } from '../support/frontend-messages.ts';
import { framesIn } from '../support/pg-protocol.ts';
import { errorSeen, type RawClient } from '../support/raw-client.ts';
import { Scene, verifier } from '../support/scene.ts';
import { echo, expect, perform, scram, send, welcome } from '../support/upstream-steps.ts';

/** Every message a client has (PostgreSQL manual, 54.7), and some that it has not. */
const MESSAGES: Readonly<Record<string, Buffer>> = {
  Bind: message('B', '\0\0', Buffer.alloc(6)),
  Close: message('C', 'S\0'),
  CopyData: message('d', 'data'),
  CopyDone: message('c'),
  CopyFail: message('f', 'why\0'),
  Describe: message('D', 'S\0'),
  Execute: message('E', '\0', Buffer.alloc(4)),
  Flush: message('H'),
  FunctionCall: message('F', Buffer.alloc(10)),
  Parse: message('P', '\0select 1\0', Buffer.alloc(2)),
  PasswordMessage: message('p', `${PASSWORD}\0`),
  'empty PasswordMessage': message('p'),
  Query: message('Q', 'select 1\0'),
  Sync: message('S'),
  Terminate: message('X'),
  'a second StartupMessage': startupMessage({ user: 'app' }),
  'an unknown type': message('!', 'x'),
  'a NUL for a type': message('\0'),
  'a backend message': message('R', Buffer.alloc(4)),
};

/** The states of a login in which a message of the client is awaited, and how to get there. */
const STATES: Readonly<Record<string, (client: RawClient) => Promise<void>>> = {
  'the StartupMessage': async () => {},
  SASLInitialResponse: async (client) => {
    sendStartup(client);
    await client.expect('R');
  },
  SASLResponse: async (client) => {
    sendStartup(client);
    await client.expect('R');
    client.send(saslInitialResponse('SCRAM-SHA-256', Buffer.from(`n,,n=,r=${NONCE}`)));
    await client.expect('R');
  },
};

/** What is in its place there. */
const IN_ORDER = new Set(['the StartupMessage: a second StartupMessage']);

for (const [state, reach] of Object.entries(STATES)) {
  t.test(
    `Whatever comes where ${state} is due is 08P01, and nothing of it reaches the upstream.`,
    async (t) => {
      await using scene = await Scene.open();
      const messages = Object.entries(MESSAGES).filter(([name]) => !IN_ORDER.has(`${state}: ${name}`));
      for (const [name, bytes] of messages) {
        const client = await scene.tlsClient();
        await reach(client);
        // Read as an opening packet, the shortest of them are a header cut short.
        client.send(bytes, Buffer.alloc(state === 'the StartupMessage' ? 3 : 0));
        t.match(await client.refusal(), { severity: 'FATAL', sqlstate: '08P01' }, name);
      }
      await scene.record(messages.length - 1);
      t.ok(scene.gate.journal.records.every(({ reason }) => reason === 'protocol'));
      t.equal(scene.upstream.conversations.length, 0);
    },
  );
}

t.test('Messages sent while the upstream lets us in wait for it, and arrive in order.', async (t) => {
  const go = Promise.withResolvers<void>();
  const script = [expect('startup'), perform(() => go.promise), scram(verifier), send(welcome()), echo];
  await using scene = await Scene.open({ script });
  const client = await scene.tlsClient();
  sendStartup(client);
  await answerSasl(client);
  const early = ['Parse', 'Query', 'Sync', 'Query'].map((name) => MESSAGES[name] ?? Buffer.alloc(0));
  client.send(...early);
  go.resolve();
  await readGreeting(client);
  for (const letter of 'TDCZTDCZ') await client.expect(letter);
  const seen = scene.upstream.conversation().frames.map(({ type }) => String.fromCharCode(type));
  t.equal(seen.join(''), 'ppPQSQ');
});

t.test('Whatever is said in SASL, the answer is a refusal or nothing, and no defect of ours.', async (t) => {
  await using scene = await Scene.open();
  const first = saslInitialResponse('SCRAM-SHA-256', Buffer.from(`n,,n=,r=${NONCE}`));
  const proof = saslResponse(Buffer.from(`c=biws,r=${NONCE},p=${'A'.repeat(43)}=`));
  await fc.assert(
    fc.asyncProperty(mutationsOf([first, proof]), fc.boolean(), async (bytes, isSecond) => {
      const client = await scene.tlsClient();
      await (isSecond ? STATES['SASLResponse'] : STATES['SASLInitialResponse'])?.(client);
      client.send(bytes);
      client.end();
      const said = framesIn(await client.closed());
      client.destroy();
      const error = said.at(-1)?.type === 0x45 ? errorSeen(said.pop()?.body ?? Buffer.alloc(0)) : undefined;
      // SASLContinue may come before it.
      return (
        said.every(({ type }) => type === 0x52) &&
        /^(undefined|08P01|28000|28P01)$/.test(`${error?.sqlstate}`)
      );
    }),
    { numRuns: 60, endOnFailure: true },
  );
  t.strictSame(scene.gate.journal.defects, []);
  t.equal(scene.upstream.conversations.length, 0);
});
