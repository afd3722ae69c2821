import { createHash, createHmac } from 'node:crypto';
import type { ScramKeys } from '../../../src/scram/keys.ts';

/** SCRAM worked out once more, by cutting texts at their commas (RFC 5802, section 3). */

/** What the two sides sign: bare client-first, server-first, client-final without its proof. */
export function authMessage(clientFirst: Buffer, serverFirst: Buffer, withoutProof: Buffer): Buffer {
  const bare = clientFirst.subarray(gs2Header(clientFirst).length);
  const comma = Buffer.from(',');
  return Buffer.concat([bare, comma, serverFirst, comma, withoutProof]);
}

/** Up to and with the second comma. */
export function gs2Header(clientFirst: Buffer): Buffer {
  const first = clientFirst.indexOf(',');
  return clientFirst.subarray(0, clientFirst.indexOf(',', first + 1) + 1);
}

/** client-final from its beginning up to the last attribute. */
export function withoutProof(clientFinal: Buffer): Buffer {
  return clientFinal.subarray(0, clientFinal.lastIndexOf(','));
}

/** client-final as an honest client would write it. */
export function honestFinal(
  keys: ScramKeys,
  clientFirst: Buffer,
  serverFirst: Buffer,
  binding: Buffer = Buffer.alloc(0),
): Buffer {
  const bound = Buffer.concat([gs2Header(clientFirst), binding]).toString('base64');
  const nonce = serverFirst.toString('latin1').split(',')[0];
  const unproven = Buffer.from(`c=${bound},${nonce}`, 'latin1');
  return proven(keys, clientFirst, serverFirst, unproven);
}

/** A client-final that has everything but its proof, with it. */
export function proven(keys: ScramKeys, clientFirst: Buffer, serverFirst: Buffer, unproven: Buffer): Buffer {
  const storedKey = createHash('sha256').update(keys.clientKey).digest();
  const signature = hmac(storedKey, authMessage(clientFirst, serverFirst, unproven));
  const proof = signature.map((byte, index) => byte ^ Number(keys.clientKey[index]));
  return Buffer.concat([unproven, Buffer.from(`,p=${Buffer.from(proof).toString('base64')}`)]);
}

/** server-final of a server that knows the ServerKey. */
export function honestServerFinal(
  keys: ScramKeys,
  clientFirst: Buffer,
  serverFirst: Buffer,
  clientFinal: Buffer,
): Buffer {
  const signed = authMessage(clientFirst, serverFirst, withoutProof(clientFinal));
  return Buffer.from(`v=${hmac(keys.serverKey, signed).toString('base64')}`);
}

function hmac(key: Buffer, data: Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** Lines of an input; what follows the last one is its, newlines and all. */
export function linesOf(input: Buffer, count: number): (Buffer | undefined)[] {
  const lines: (Buffer | undefined)[] = [];
  let rest: Buffer | undefined = input;
  while (lines.length < count - 1) {
    const end: number = rest === undefined ? -1 : rest.indexOf('\n');
    lines.push(end < 0 ? rest : rest?.subarray(0, end));
    rest = end < 0 ? undefined : rest?.subarray(end + 1);
  }
  return [...lines, rest];
}
