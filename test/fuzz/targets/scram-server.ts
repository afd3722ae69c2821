import { deepEqual, equal, ok } from 'node:assert/strict';
import { readClientFirst, type ServerFirst } from '../../../src/scram/server.ts';
import { BINDING, KEYS, SERVER_NONCE, VERIFIER } from '../../scram/actors.ts';
import type { Target } from '../target.ts';
import { honestFinal, honestServerFinal, linesOf, proven, withoutProof } from './scram-reference.ts';

/** Attributes that mean nothing yet (RFC 5802, section 7). */
const EXTENSIONS = /^(?:,[bdf-hjkloqt-zA-Z]=[^,]+)*$/s;

/**
 * What a client says in SCRAM, against a known verifier: a line for the mechanism, one for client-first, the rest
 * is client-final. Nobody gets in without the proof that the password's holder would have sent.
 */
export const scramServer: Target = {
  maxLength: 2500,
  floorMs: 50,
  run(input) {
    for (const binding of [undefined, BINDING]) talk(input, binding);
  },
};

function talk(input: Buffer, binding: Buffer | undefined): void {
  const [mechanism = Buffer.alloc(0), first, final = Buffer.alloc(0)] = linesOf(input, 3);
  const context = { binding, nonce: SERVER_NONCE, verifier: VERIFIER };
  const started = readClientFirst(mechanism.toString('utf8'), first, context);
  if (started.kind === 'failure') {
    ok(started.reason !== '');
    return;
  }
  if (first === undefined) throw new Error('went on without client-first');
  const bound = mechanism.toString() === 'SCRAM-SHA-256-PLUS' ? binding : undefined;
  if (bound === undefined) ok(/^[ny],,/.test(first.toString('latin1')), 'binding data without PLUS');
  const honest = honestFinal(KEYS, first, started.reply, bound);
  const exchange = { first, started, honest };
  judge(exchange, final);
  // The same text with a proof that fits it: only c=, r= and the extensions decide then.
  judge(exchange, proven(KEYS, first, started.reply, withoutProof(final)));
  checkHonest(exchange, input.length);
}

interface Exchange {
  readonly first: Buffer;
  readonly started: ServerFirst;
  /** client-final as it should be, without extensions. */
  readonly honest: Buffer;
}

/** A success is deserved: binding and nonce are the right ones, and the proof covers every byte. */
function judge({ first, started, honest }: Exchange, final: Buffer): void {
  const verdict = started.final(final);
  if (verdict.kind !== 'success') return;
  const expected = withoutProof(honest);
  deepEqual(final.subarray(0, expected.length), expected, 'another binding or nonce');
  ok(EXTENSIONS.test(withoutProof(final).toString('utf8').slice(expected.length)), 'a reserved attribute');
  deepEqual(final, proven(KEYS, first, started.reply, withoutProof(final)), 'another proof');
  deepEqual(verdict.clientKey, KEYS.clientKey);
  deepEqual(verdict.reply, honestServerFinal(KEYS, first, started.reply, final));
}

/** The right answer is a success, and none that differs from it in a bit is. */
function checkHonest(exchange: Exchange, salt: number): void {
  const { honest, started } = exchange;
  if (honest.length <= 1024) equal(started.final(honest).kind, 'success');
  const spoilt = Buffer.from(honest);
  const at = salt % spoilt.length;
  spoilt.writeUInt8(spoilt.readUInt8(at) ^ (1 << (salt % 7)), at);
  judge(exchange, spoilt);
  if (started.final(spoilt).kind === 'success') throw new Error('a changed bit was let through');
}
