import { deepEqual, equal, ok } from 'node:assert/strict';
import { parseErrorFields } from '../../../src/wire/error-response.ts';
import type { Frame } from '../../../src/wire/frame.ts';
import { FRAME_HEADER_LENGTH } from '../../../src/wire/limits.ts';
import { answerSasl, sendStartup } from '../../support/client-login.ts';
import { query } from '../../support/frontend-messages.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { verifier } from '../../support/scene.ts';
import { answerTo, fatal, notice, parameter, sasl, welcome } from '../../support/upstream-steps.ts';
import type { Target } from '../target.ts';
import { framesIn, holdsOk } from './live-frames.ts';
import { credentials, GATE_NONCE, keys, LiveGate } from './live-gate.ts';
import { planned, planOf } from './live-plan.ts';
import { FuzzedUpstream } from './live-upstream-server.ts';
import { honestFinal, honestServerFinal } from './scram-reference.ts';

/** What the gate opens SCRAM with. */
const CLIENT_FIRST = Buffer.from(`n,,n=,r=${GATE_NONCE}`);
const SERVER_FIRST = Buffer.from(
  `r=${GATE_NONCE}upstream,s=${verifier.salt.toString('base64')},i=${verifier.iterations}`,
);

/** Cases at a time, each with an upstream of its own. */
const LANES = 16;

/**
 * Upstreams that say anything at any time, as soon as they are dialled, in plain text or (the flag) in answer to
 * SSLRequest. The client, an honest one, is let in if the upstream has proved itself, else told in order, and
 * never gets half a message with another behind it.
 */
export async function openLiveUpstream(): Promise<Target> {
  const upstreams = await Promise.all(Array.from({ length: LANES }, () => FuzzedUpstream.open()));
  const targets = upstreams.flatMap(({ host, port }, lane) => [
    [`ep-plain-${lane}`, { host, port, sslmode: 'disable' }] as const,
    [`ep-tls-${lane}`, { host, port, sslmode: 'require' }] as const,
  ]);
  const live = await LiveGate.open(Object.fromEntries(targets));
  const free = [...upstreams.keys()];
  return {
    maxLength: 12_000,
    floorMs: Number.POSITIVE_INFINITY,
    batch: 128,
    together: LANES,
    seeds: seeds(),
    async run(input) {
      const plan = planOf(input);
      const lane = free.pop() ?? 0;
      const client = await live.connect();
      try {
        upstreams[lane]?.follow(plan);
        await client.requestTls();
        const heard = await visit(client, `ep-${plan.flag ? 'tls' : 'plain'}-${lane}`);
        judge(heard, plan.flag ? Buffer.alloc(0) : Buffer.concat(plan.fragments));
        if (!holdsOk(framesIn(heard).frames)) equal(client.inbox.error, undefined, 'no orderly end');
      } finally {
        client.destroy();
        free.push(lane);
      }
    },
    settle: () => live.settle(),
    async close() {
      await live.close();
      for (const upstream of upstreams) upstream.close();
    },
  };
}

/** Logs in, asks something if it is let in, and leaves. @returns all that came behind its proof. */
async function visit(client: RawClient, endpoint: string): Promise<Buffer> {
  sendStartup(client, { parameters: { options: `endpoint=${endpoint}` } });
  await answerSasl(client, { password: credentials });
  const { inbox } = client;
  await inbox.until(() => inbox.over || holdsOk(framesIn(inbox.unread).frames));
  client.send(query('select 1'));
  client.end();
  return await inbox.rest();
}

/** @param said by the upstream; nothing where it was asked for TLS, which it never speaks. */
function judge(heard: Buffer, said: Buffer): void {
  const { frames, rest } = framesIn(heard);
  deepEqual(letters(frames).slice(0, 1), ['R'], 'SASLFinal');
  if (holdsOk(frames)) {
    ok(isProven(said), 'an upstream that proved nothing');
    checkRelayed(behindReady(heard), behindReady(said));
  } else {
    deepEqual(letters(frames), ['R', 'E']);
    equal(rest.length, 0, 'half a message');
    checkError(frames.at(-1));
  }
}

/** Whether the upstream knows the ServerKey, as its SASLFinal shows. */
function isProven(said: Buffer): boolean {
  const [first, final] = [11, 12].map((code) =>
    framesIn(said).frames.find(
      ({ type, body }) => type === 0x52 && body.length >= 4 && body.readInt32BE(0) === code,
    ),
  );
  if (first === undefined || final === undefined) return false;
  const serverFirst = first.body.subarray(4);
  const clientFinal = honestFinal(keys, CLIENT_FIRST, serverFirst);
  return honestServerFinal(keys, CLIENT_FIRST, serverFirst, clientFinal).equals(final.body.subarray(4));
}

/** What follows the first ReadyForQuery. */
function behindReady(stream: Buffer): Buffer {
  let rest = stream;
  for (const { type, body } of framesIn(stream).frames) {
    rest = rest.subarray(FRAME_HEADER_LENGTH + body.length);
    if (type === 'Z'.charCodeAt(0)) return rest;
  }
  return Buffer.alloc(0);
}

/** The client got a beginning of what the upstream said; behind whole messages alone, an error of the gate's. */
function checkRelayed(got: Buffer, said: Buffer): void {
  if (said.subarray(0, got.length).equals(got)) return;
  const { frames, rest } = framesIn(got);
  const last = frames.at(-1);
  const before = got.length - FRAME_HEADER_LENGTH - Number(last?.body.length);
  equal(rest.length, 0, 'half a message');
  deepEqual(got.subarray(0, before), said.subarray(0, before), 'what the upstream did not say');
  checkError(last);
}

/** One that a client can read: severity, SQLSTATE and message. */
function checkError(frame: Frame | undefined): void {
  equal(frame && String.fromCharCode(frame.type), 'E');
  const fields = parseErrorFields(frame?.body ?? Buffer.alloc(0));
  for (const letter of 'SCM') ok(fields.has(letter), `an error without ${letter}`);
}

function letters(frames: readonly Frame[]): string[] {
  return frames.map(({ type }) => String.fromCharCode(type));
}

/** Whole conversations of an upstream, each as one piece of bytes. */
function seeds(): Buffer[] {
  const clientFinal = honestFinal(keys, CLIENT_FIRST, SERVER_FIRST);
  const serverFinal = honestServerFinal(keys, CLIENT_FIRST, SERVER_FIRST, clientFinal);
  const login = Buffer.concat([
    sasl.offer(['SCRAM-SHA-256']),
    sasl.first(SERVER_FIRST),
    notice('hello'),
    sasl.last(serverFinal),
    welcome(),
    answerTo('select 1'),
    parameter('TimeZone', 'UTC'),
    answerTo('x'.repeat(500)),
  ]);
  const refusal = fatal('28P01', 'password authentication failed');
  const streams = [login, refusal, welcome(), Buffer.concat([login, fatal('57P01', 'shutting down')])];
  return [
    ...streams.flatMap((stream) => [planned(false, 'half-close', stream), planned(false, 'wait', stream)]),
    planned(false, 'reset', login),
    planned(false, 'destroy', login.subarray(0, -3)),
    ...['S', 'N', 'Sx', 'NSFATAL'].map((answer) => planned(true, 'half-close', Buffer.from(answer))),
    planned(true, 'wait', refusal),
    planned(true, 'wait', Buffer.alloc(0)),
  ];
}
