import { deepEqual, equal, ok } from 'node:assert/strict';
import { type ClientStart, startClient } from '../../../src/scram/client.ts';
import type { ClientFinal } from '../../../src/scram/client-final.ts';
import type { Credentials } from '../../../src/scram/credentials.ts';
import { BINDING, CLIENT_NONCE, KEYS } from '../../scram/actors.ts';
import type { Target } from '../target.ts';
import { honestFinal, honestServerFinal, linesOf } from './scram-reference.ts';

/** No PBKDF2, which would be all that is measured; the bounds it relies on hold. */
const credentials: Credentials = {
  async keysFor(salt, iterations) {
    ok(salt.length >= 1 && salt.length <= 256, 'salt');
    ok(Number.isInteger(iterations) && iterations >= 1 && iterations <= 1_000_000, 'iterations');
    return KEYS;
  },
};

/**
 * What an upstream says in SCRAM: a line for the mechanisms that it offers, one for server-first, the rest is
 * server-final. Only who knows the ServerKey is believed.
 */
export const scramClient: Target = {
  maxLength: 2500,
  floorMs: 50,
  async run(input) {
    const [offered = Buffer.alloc(0), first = Buffer.alloc(0), final = Buffer.alloc(0)] = linesOf(input, 3);
    const mechanisms = offered.toString('utf8').split(' ');
    for (const binding of [undefined, BINDING]) {
      for (const channelBinding of ['disable', 'prefer', 'require'] as const) {
        const offer = { mechanisms, binding, tls: true, channelBinding, nonce: CLIENT_NONCE };
        const start = startClient(offer, credentials);
        if (start.kind === 'failure') continue;
        ok(mechanisms.includes(start.mechanism), 'a mechanism that was not offered');
        if (channelBinding === 'require') equal(start.mechanism, 'SCRAM-SHA-256-PLUS');
        await talk(start, first, final);
      }
    }
  },
};

async function talk(start: ClientStart, first: Buffer, final: Buffer): Promise<void> {
  const answer = await start.first(first);
  if (answer.kind === 'failure') {
    ok(answer.reason !== '');
    return;
  }
  const bound = start.mechanism === 'SCRAM-SHA-256-PLUS' ? BINDING : undefined;
  deepEqual(answer.reply, honestFinal(KEYS, start.initial, first, bound));
  ok(answer.reply.length <= 1024, 'longer than PostgreSQL takes');
  judge(answer, honestServerFinal(KEYS, start.initial, first, answer.reply), final);
}

function judge(answer: ClientFinal, honest: Buffer, final: Buffer): void {
  equal(
    answer.final(final).kind === 'success',
    final.equals(honest),
    'a server that does not know the ServerKey',
  );
  equal(answer.final(honest).kind, 'success');
}
