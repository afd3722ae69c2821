import { createRequire } from 'node:module';
import fc from 'fast-check';
import t from 'tap';
import { fixedKeys, passwordKeys } from '../../src/scram/credentials.ts';
import { readClientFirst } from '../../src/scram/server.ts';
import { makeVerifier } from '../../src/scram/verifier.ts';
import { BINDING, converse, KEYS, OTHER_BINDING, SALT, SERVER_NONCE, type Step, VERIFIER } from './actors.ts';

const PLAIN = 'SCRAM-SHA-256';
const PLUS = 'SCRAM-SHA-256-PLUS';

t.test('Our client logs in at our server in every combination that makes sense.', async (t) => {
  const both = { serverBinding: BINDING, clientBinding: BINDING };
  const scenes = {
    'both bind': [both, PLUS],
    'the client must bind': [{ ...both, channelBinding: 'require' }, PLUS],
    'the client will not bind': [{ ...both, channelBinding: 'disable' }, PLAIN],
    'a certificate without binding': [{}, PLAIN],
    'the client cannot compute it, as with Ed25519 at a PostgreSQL': [{ serverBinding: BINDING }, PLAIN],
    'the server cannot bind, and the client says so': [{ clientBinding: BINDING }, PLAIN],
    'no TLS': [{ tls: false }, PLAIN],
  } as const;
  for (const [what, [scene, mechanism]] of Object.entries(scenes)) {
    for (const credentials of [fixedKeys(KEYS), fixedKeys(KEYS, VERIFIER), passwordKeys('pencil')]) {
      const expected = { mechanism, client: 'success', server: 'success', clientKey: KEYS.clientKey };
      t.same(await converse({ ...scene, credentials }), expected, what);
    }
  }
});

t.test(
  'A man in the middle with his own certificate who relays everything (Neon proxy, its matrix).',
  async (t) => {
    const between = { serverBinding: BINDING, clientBinding: OTHER_BINDING };
    t.match(await converse({ ...between, channelBinding: 'require' }), { server: 'channel-binding' });
    t.match(await converse({ ...between, channelBinding: 'prefer' }), { server: 'channel-binding' });
    t.match(await converse({ ...between, channelBinding: 'disable' }), { server: 'success' });
  },
);

t.test('A man in the middle who takes PLUS out of the list.', async (t) => {
  const tamperMechanisms = (): readonly string[] => [PLAIN];
  const between = { serverBinding: BINDING, clientBinding: OTHER_BINDING, tamperMechanisms };
  t.match(await converse({ ...between, channelBinding: 'require' }), { client: 'channel-binding' });
  t.match(await converse({ ...between, channelBinding: 'prefer' }), { server: 'channel-binding' });
});

t.test('He cannot hide it by rewriting `y` into `n`: the header is signed.', async (t) => {
  const tamper = (step: Step, message: Buffer): Buffer =>
    step === 'client-first' ? Buffer.from(message.toString().replace(/^y/, 'n')) : message;
  const tamperMechanisms = (): readonly string[] => [PLAIN];
  const scene = { serverBinding: BINDING, clientBinding: OTHER_BINDING, tamperMechanisms };
  t.match(await converse({ ...scene, tamper }), { server: 'malformed' });
  const both = (step: Step, message: Buffer): Buffer =>
    step === 'client-final'
      ? Buffer.from(message.toString().replace('c=eSws', 'c=biws'))
      : tamper(step, message);
  t.match(await converse({ ...scene, tamper: both }), { server: 'wrong-proof' });
});

t.test('A wrong password is a wrong proof, whatever the binding.', async (t) => {
  const credentials = passwordKeys('Pencil');
  t.match(await converse({ credentials }), { server: 'wrong-proof' });
  t.match(await converse({ credentials, serverBinding: BINDING, clientBinding: BINDING }), {
    server: 'wrong-proof',
  });
});

t.test('A server that holds the StoredKey and not the ServerKey is not believed.', async (t) => {
  const verifier = { ...VERIFIER, serverKey: Buffer.alloc(32) };
  t.match(await converse({ verifier }), { client: 'untrusted' });
});

t.test('Any password of any script logs in with the verifier made from it.', async (t) => {
  const passwords = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
  await fc.assert(
    fc.asyncProperty(passwords, async (password) => {
      const verifier = await makeVerifier(password, SALT, 1);
      const outcome = await converse({ verifier, credentials: passwordKeys(password) });
      return outcome.client === 'success' && outcome.server === 'success';
    }),
  );
  t.match(await converse({}), { client: 'success' });
});

t.test('Whatever is changed on the way, nobody believes in a success that was not one.', async (t) => {
  const steps = fc.constantFrom<Step>('client-first', 'server-first', 'client-final', 'server-final');
  const change = fc.record({
    step: steps,
    at: fc.nat(),
    cut: fc.nat({ max: 3 }),
    put: fc.uint8Array({ maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(change, fc.boolean(), async ({ step, at, cut, put }, bind) => {
      let changed = false;
      const tamper = (now: Step, message: Buffer): Buffer => {
        if (now !== step) return message;
        const start = at % message.length;
        const mutated = Buffer.concat([message.subarray(0, start), put, message.subarray(start + cut)]);
        changed = !mutated.equals(message);
        return mutated;
      };
      const binding = bind ? BINDING : undefined;
      const outcome = await converse({ serverBinding: binding, clientBinding: binding, tamper });
      if (!changed) return outcome.client === 'success';
      return outcome.client !== 'success' && (step === 'server-final' || outcome.server !== 'success');
    }),
    { numRuns: 2000 },
  );
  t.match(await converse({}), { client: 'success', server: 'success' });
});

/** The part of node-postgres' SCRAM that we use: an implementation that is not ours. */
interface NodePostgresSasl {
  startSession(mechanisms: readonly string[]): { mechanism: string; response: string };
  continueSession(session: unknown, password: string, serverFirst: string): Promise<void>;
  finalizeSession(session: unknown, serverFinal: string): void;
}

t.test("node-postgres' SCRAM, as the other side, logs in and believes our signature.", async (t) => {
  const sasl = createRequire(import.meta.url)('pg/lib/crypto/sasl.js') as NodePostgresSasl;
  const session = sasl.startSession([PLAIN]);
  const context = { binding: undefined, nonce: SERVER_NONCE, verifier: VERIFIER };
  const first = readClientFirst(session.mechanism, Buffer.from(session.response), context);
  if (first.kind === 'failure') throw new Error(first.reason);
  await sasl.continueSession(session, 'pencil', first.reply.toString());
  const verdict = first.final(Buffer.from(session.response));
  t.match(verdict, { kind: 'success', clientKey: KEYS.clientKey });
  if (verdict.kind === 'success') sasl.finalizeSession(session, verdict.reply.toString());
});
