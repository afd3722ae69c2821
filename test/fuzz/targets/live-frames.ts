import type { Frame } from '../../../src/wire/frame.ts';

const HEADER = 5;

/** Typed messages from a stream's beginning on, and what is behind the last whole one. */
export interface Cut {
  readonly frames: readonly Frame[];
  readonly rest: Buffer;
}

/** A length that cannot be ends the reading: what it stands in is rest. */
export function framesIn(stream: Buffer): Cut {
  const frames: Frame[] = [];
  let rest = stream;
  while (rest.length >= HEADER) {
    const end = 1 + rest.readUInt32BE(1);
    if (end < HEADER || end > rest.length) break;
    frames.push({ type: rest.readUInt8(0), body: rest.subarray(HEADER, end) });
    rest = rest.subarray(end);
  }
  return { frames, rest };
}

/** Whether AuthenticationOk is among them. */
export function holdsOk(frames: readonly Frame[]): boolean {
  return frames.some(({ type, body }) => isAuthentication(type, body, 0));
}

export function isAuthentication(type: number, body: Buffer, code: number): boolean {
  return type === 'R'.charCodeAt(0) && body.length >= 4 && body.readInt32BE(0) === code;
}
