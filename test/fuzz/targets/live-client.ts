import { ok } from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { endPointBinding } from '../../../src/scram/channel-binding.ts';
import { serializeFrame } from '../../../src/wire/frame.ts';
import { parseOpening } from '../../../src/wire/opening-packet.ts';
import { clientHello } from '../../support/client-hello.ts';
import { NONCE, PASSWORD } from '../../support/client-login.ts';
import * as messages from '../../support/frontend-messages.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { certificate, verifier } from '../../support/scene.ts';
import type { Target } from '../target.ts';
import { framesIn, holdsOk } from './live-frames.ts';
import { GATE_NONCE, keys, LiveGate } from './live-gate.ts';
import { type Plan, planned, planOf, play } from './live-plan.ts';
import { honestFinal, proven, withoutProof } from './scram-reference.ts';

/** Those that log in here, all with one password. */
const ROLES = ['app', 'own'];

const binding = endPointBinding(new X509Certificate(certificate.cert).raw);

/**
 * Clients that say anything at any time, in plain text or (the flag) inside TLS, to a gateway on real sockets. Each is
 * gone by the deadline, none is let in without the right proof, and nothing is left of them.
 */
export async function openLiveClient(): Promise<Target> {
  const live = await LiveGate.open();
  return {
    maxLength: 12_000,
    floorMs: Number.POSITIVE_INFINITY,
    batch: 256,
    together: 64,
    seeds: await seeds(),
    async run(input) {
      const plan = planOf(input);
      const client = await live.connect();
      try {
        if (plan.flag) await client.requestTls();
        await visit(client, plan);
        if (holdsOk(framesIn(client.inbox.all).frames))
          ok(plan.flag && isProven(Buffer.concat(plan.fragments)), 'let in');
      } finally {
        client.destroy();
      }
    },
    settle: () => live.settle(),
    close: () => live.close(),
  };
}

/** Says its part and waits for the end, which the gate makes by itself unless it has let the client in. */
async function visit(client: RawClient, plan: Plan): Promise<void> {
  const { inbox } = client;
  await play(plan, client.stream);
  if (plan.ending === 'reset') client.reset();
  if (plan.ending === 'destroy') client.destroy();
  if (plan.ending === 'half-close') client.end();
  await inbox.until(() => inbox.over || holdsOk(framesIn(inbox.all).frames));
  client.end();
  await inbox.rest();
}

/** Whether the bytes inside TLS are a login with the proof that its password's holder would have sent. */
function isProven(stream: Buffer): boolean {
  const length = stream.readUInt32BE(0);
  const startup = parseOpening(stream.subarray(0, length));
  if (startup.kind !== 'startup' || !ROLES.includes(startup.parameters.text('user') ?? '')) return false;
  const [initial, response] = framesIn(stream.subarray(length)).frames;
  if (initial === undefined || response === undefined) return false;
  const end = initial.body.indexOf(0);
  const first = initial.body.subarray(end + 5);
  const bound = initial.body.toString('latin1', 0, end) === 'SCRAM-SHA-256-PLUS' ? binding : undefined;
  const expected = honestFinal(keys, first, serverFirst(first), bound);
  const unproven = withoutProof(response.body);
  return (
    unproven.toString('latin1').startsWith(withoutProof(expected).toString('latin1')) &&
    response.body.equals(proven(keys, first, serverFirst(first), unproven))
  );
}

/** What the gate answers to a client-first. */
function serverFirst(clientFirst: Buffer): Buffer {
  const nonce = /,r=([^,]*)/.exec(clientFirst.toString('latin1'))?.[1] ?? '';
  return Buffer.from(
    `r=${nonce}${GATE_NONCE},s=${verifier.salt.toString('base64')},i=${verifier.iterations}`,
  );
}

/** Whole conversations, each as one piece of bytes: what does not wait for its answer is what gets out of step. */
async function seeds(): Promise<Buffer[]> {
  const { sslRequest, gssencRequest, startupMessage, cancelRequest, query, terminate, sync } = messages;
  const good = startupMessage({ user: 'app', database: 'app', application_name: 'fuzz' });
  const hello = await clientHello(Buffer.from('ep-main.db.example'));
  const plain = [
    sslRequest,
    gssencRequest,
    good,
    cancelRequest(4711, Buffer.from('key!')),
    Buffer.concat([sslRequest, hello]),
    hello,
  ];
  const inside = [
    Buffer.concat([good, ...login('SCRAM-SHA-256', 'n,,'), query('select 1'), sync, terminate]),
    Buffer.concat([good, ...login('SCRAM-SHA-256-PLUS', 'p=tls-server-end-point,,', binding), terminate]),
    Buffer.concat([startupMessage({ user: 'own' }), ...login('SCRAM-SHA-256', 'n,,'), query('select 1')]),
    Buffer.concat([startupMessage({ user: 'nobody' }), ...login('SCRAM-SHA-256', 'n,,')]),
    Buffer.concat([
      startupMessage({ user: 'app', options: 'endpoint=ep-none' }, 2),
      ...login('SCRAM-SHA-256', 'n,,'),
    ]),
    Buffer.concat([startupMessage({ user: 'app', '_pq_.x': '1' }, 9999), query(PASSWORD)]),
    cancelRequest(4711, Buffer.alloc(32)),
    sslRequest,
    query('select 1'),
  ];
  return [
    ...plain.map((stream) => planned(false, 'half-close', stream)),
    // Each waits for its answer, as it must.
    planned(false, 'half-close', Buffer.concat([sslRequest, hello]), sslRequest.length),
    planned(false, 'wait', Buffer.concat([gssencRequest, sslRequest]), gssencRequest.length),
    ...inside.flatMap((stream) => [planned(true, 'half-close', stream), planned(true, 'wait', stream)]),
    planned(true, 'reset', Buffer.concat([good, ...login('SCRAM-SHA-256', 'n,,'), query('select 1')])),
  ];
}

/** SASLInitialResponse and SASLResponse of a client that knows the password and the gate's nonce. */
function login(mechanism: string, gs2Header: string, bound?: Buffer): Buffer[] {
  const first = Buffer.from(`${gs2Header}n=,r=${NONCE}`);
  const final = honestFinal(keys, first, serverFirst(first), bound);
  return [messages.saslInitialResponse(mechanism, first), serializeFrame('p'.charCodeAt(0), final)];
}
