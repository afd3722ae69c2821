import { objectIn, textIn, valueIn } from '../audit/values.ts';
import type { TrailRecord } from './sink.ts';

/**
 * A line of the trail as a record. Whether it is the record that was written, unchanged, is the verifier's question;
 * here everything that has a place in the trail is passed on.
 * @returns undefined where it is none.
 */
export function recordIn(line: string): TrailRecord | undefined {
  const event = objectIn(parsed(line));
  const sequence = valueIn(event, 'metadata', 'sequence');
  const [uid, chain] = [
    textIn(event, 'metadata', 'uid'),
    textIn(event, 'unmapped', 'attestation', 'chain_uid'),
  ];
  if (event === undefined || uid === undefined || chain === undefined) return undefined;
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || sequence < 1) return undefined;
  return { sequence, uid, chain, line, event };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
