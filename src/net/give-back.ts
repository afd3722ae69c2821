import { ON_BUN } from './runtime.ts';

/** It is V8 that needs it, and only of Node's sockets it is known that they keep nothing that they took. */
export const GIVES_BACK = !ON_BUN;

/**
 * Gives the memory of a chunk back at once. A socket's chunk is an ArrayBuffer of its own, small on V8's heap and large
 * outside of it: left alone, their sum calls for one full garbage collection after the other, long before the young
 * generation is full (docs/performance.md). Nobody may read the chunk any more: it is empty from here on.
 */
export function giveBack({ buffer, length }: Buffer): void {
  // A part of something larger is not ours alone.
  if (length === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
